// `rootline sweep`: its table to the letter, files, and the manifest that gives the same bytes again, here and through a
// server.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { documentOf, Folders, rootline, serve } from './cli-support.js';

const folders = new Folders();
afterAll(() => folders.clear());

const SWEEP = ['sweep', 'smi-heavy', '--protocols', 'v5.18,v6.4', '--seeds', '1..3', '--set', 'smis=4,8'];
const METRICS = ['--metrics', 'rootAllocations,eptViolations,smis'];

test('the table, and what reproduces it', async () => {
  const data = folders.fresh();
  const at = (name: string): string => join(data, name);
  const files = ['--csv', at('a.csv'), '--parquet', at('a.parquet'), '--save-manifest', at('a.json')];
  const first = rootline([...SWEEP, ...METRICS, ...files, '--data', data]);
  expect(first.code).toBe(0);
  const golden = new URL('../golden/sweep-smi-heavy.txt', import.meta.url);
  if (process.env['UPDATE'] === '1') writeFileSync(golden, first.stdout);
  expect(first.stdout).toBe(readFileSync(golden, 'utf8'));
  expect(first.stderr).toMatch(/4 groups x 3 seeds = 12 cells/);

  const again = ['sweep', '--manifest', at('a.json'), '--csv', at('b.csv'), '--parquet', at('b.parquet')];
  const json = rootline([...again, '--json', '--data', data]);
  expect(json.code).toBe(0);
  expect(readFileSync(at('b.csv'), 'utf8')).toBe(readFileSync(at('a.csv'), 'utf8'));
  expect(readFileSync(at('b.parquet')).equals(readFileSync(at('a.parquet')))).toBe(true);
  expect(documentOf(json)['manifest']).toEqual(JSON.parse(readFileSync(at('a.json'), 'utf8')));

  // The last line is a command that does it once more.
  const line = first.stderr.trimEnd().split('\n').at(-1)!;
  expect(line).toMatch(/^npx rootline sweep /);
  const served = await serve(data);
  try {
    const through = rootline([...line.split(' ').slice(2), '--json', '--data', data]);
    expect(through.stdout).toBe(json.stdout);
    expect(rootline(['sweep', '--job', '1', '--json', '--data', data]).stdout).toBe(json.stdout);
  } finally {
    await served.stop();
  }
});

test.each<readonly [args: readonly string[], says: RegExp]>([
  [['sweep'], /expected a scenario and --protocols, or --manifest, or --job/],
  [['sweep', 'smi'], /expected a scenario and --protocols/],
  [['sweep', 'smi', '--protocols', 'v5.18,'], /--protocols takes names with commas between/],
  [['sweep', 'smi', '--protocols', 'v5.18,v0'], /unknown protocol "v0"/],
  [['sweep', 'smi', '--protocols', 'v5.18', '--seeds', '5..1'], /ranges such as 1\.\.20,33/],
  [[...SWEEP, '--set', 'smis=1'], /--set smis is given twice/],
  [[...SWEEP, '--set', 'vcpus='], /--set vcpus takes names with commas between/],
  [[...SWEEP, '--set', 'limit.events=1,2'], /expected one value/],
  [[...SWEEP, '--metrics', 'luck'], /unknown metric "luck"/],
  [[...SWEEP, '--record', 'some'], /Allowed choices are none, lifecycle, full/],
  [[...SWEEP, '--seeds', '1..9000'], /x 9000 seeds = 36000 cells are more than MAX_SWEEP_CELLS = 10000/],
  [['sweep', '--manifest', 'nowhere.json'], /nowhere\.json cannot be read/],
  [['sweep', 'smi', '--manifest', 'nowhere.json'], /--manifest says what is run/],
  [['sweep', '--job', 'first'], /--job must be a whole number/],
])('%j', (args, says) => {
  const cwd = folders.fresh();
  const ended = rootline(args, cwd);
  expect(ended.stderr).toMatch(says);
  expect([ended.code, ended.stdout]).toEqual([2, '']);
});

test('a manifest that another build wrote, or nobody', () => {
  const data = folders.fresh();
  const file = join(data, 'm.json');
  writeFileSync(file, '{"format":"rootline-sweep"}');
  expect(rootline(['sweep', '--manifest', file, '--data', data]).stderr).toMatch(/no manifest of a sweep/);
  writeFileSync(file, 'sweep');
  expect(rootline(['sweep', '--manifest', file, '--data', data]).stderr).toMatch(/is not JSON/);
});
