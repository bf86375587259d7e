// A live session by command line: exported while it waits, taken in elsewhere and gone on with; and a check of the store
// restores its snapshots, which need the commands that were given before them.
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { documentOf, Folders, rootline } from './cli-support.js';

const folders = new Folders();
afterAll(() => folders.clear());

const STORY = [
  ['createVm'],
  ['addMemslot', 'slot=0', 'baseGfn=0', 'pages=16', 'hvaPage=0'],
  ['addMemslot', 'asId=1', 'slot=0', 'baseGfn=0', 'pages=16', 'hvaPage=0'],
  ['addVcpu', 'vcpu=0'],
  ['touch', 'vcpu=0', 'gfn=4', 'pages=8'],
];

const digestOf = (data: string): unknown =>
  documentOf(rootline(['show', '1', '--json', '--data', data])).digest;

function fine(args: readonly string[], data: string): string {
  const { code, stderr, stdout } = rootline([...args, '--data', data]);
  expect([code, args, stderr]).toEqual([0, args, stderr]);
  return stdout;
}

test('a waiting session leaves as a file, comes in paused, and its next command gives the same events in both places', () => {
  const here = folders.fresh();
  const there = folders.fresh();
  fine(['run', 'live', '--protocol', 'v5.18'], here);
  for (const command of STORY) fine(['command', '1', ...command], here);
  const file = join(here, 'live.rootline');
  fine(['export', '1', '--format', 'session', '-o', file], here);
  fine(['import-session', file], there);
  expect(digestOf(there)).toBe(digestOf(here));

  fine(['resume', '1'], there);
  for (const data of [here, there]) fine(['command', '1', 'smi', 'vcpu=0'], data);
  expect(digestOf(there)).toBe(digestOf(here));
  expect(fine(['replay', '1'], there)).toContain('verified');
  for (const data of [here, there])
    expect(fine(['verify', '--deep'], data)).toMatch(/snapshots \([1-9]\d* held against the fold\): whole/);

  // Under another protocol it runs again from the start: the tree says so, at the position that was asked for.
  fine(['fork', '1', '--at', '800', '--protocol', 'v6.4'], here);
  expect(fine(['sessions', '--tree'], here)).toContain('2 at 800, again from the start: protocol=v6.4');
});
