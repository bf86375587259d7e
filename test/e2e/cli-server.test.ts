// Where a server owns the data folder, the same commands go through it, and print the same documents.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentOf, Folders, rootline, type Served, serve } from './cli-support.js';

const folders = new Folders();
const data = folders.fresh();
let served: Served;

beforeAll(async () => {
  served = await serve(data);
});
afterAll(() => folders.clear());

const RUN = ['run', 'destroy-partial', '--protocol', 'seed-draft', '--json'];

test('run, sessions, show, replay and export', async () => {
  const ended = rootline([...RUN, '--data', data]);
  expect(ended.stderr).not.toContain('rootline:');
  expect(ended.code).toBe(0);
  const remote = documentOf(ended);
  const alone = documentOf(rootline([...RUN, '--data', folders.fresh()]));
  for (const key of ['outcome', 'events', 'stored', 'digest', 'fullDigest', 'counts', 'rootAllocations']) {
    expect(remote[key]).toEqual(alone[key]);
  }
  expect(Object.keys(remote).toSorted()).toEqual(Object.keys(alone).toSorted());

  const id = String(remote.sessionId);
  const api = (await (await fetch(`${served.url}/api/v1/sessions/${id}`)).json()) as { digest: string };
  expect(api.digest).toBe(remote.digest);
  const { sessions } = documentOf(rootline(['sessions', '--json', '--data', data])) as { sessions: object[] };
  expect(sessions).toHaveLength(1);
  expect(documentOf(rootline(['show', id, '--json', '--data', data]))).toMatchObject({
    id,
    state: 'finished',
  });
  const replayed = rootline(['replay', id, '--json', '--data', data]);
  expect(documentOf(replayed)).toMatchObject({ verified: true, firstDifference: null });
  expect(replayed.code).toBe(0);
  const lines = rootline(['export', id, '--data', data]).stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(Number(remote.stored));
  const csv = rootline(['export', id, '--format', 'csv', '--data', data]).stdout.split('\r\n');
  expect(csv).toHaveLength(Number(remote.stored) + 2);
});

test('explore --trace: the file goes to the server, which searches and stores what it finds', () => {
  const file = join(import.meta.dirname, '../../fixtures/traces/6.1.192-nofix/destroy_partial.trace.txt.gz');
  const ended = rootline(['explore', '--trace', file, '--protocol', 'seed-draft', '--json', '--data', data]);
  expect([ended.code, ended.stderr]).toEqual([3, expect.stringMatching(/imported as session \d+/)]);
  const { sessionId, source, report, counterexample, ...there } = documentOf(ended);
  const alone = documentOf(rootline(['explore', '--trace', file, '--protocol', 'seed-draft', '--json']));
  expect(source).toBe(file);
  for (const key of ['verdict', 'invariant', 'tried', 'trace', 'transitions'])
    expect(there[key]).toEqual(alone[key]);
  expect([report, counterexample]).toEqual([alone.report, alone.counterexample]);
  expect((report as { why: string }).why).toMatch(/^nothing orders rcu's .* behind main's/);
  expect(alone.sessionId).toBeNull();
  expect(documentOf(rootline(['show', String(sessionId), '--json', '--data', data]))).toMatchObject({
    kind: 'explored',
    scenario: 'traced',
  });
  expect(rootline(['explore', '--trace', '999', '--protocol', 'v6.4', '--data', data])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no session 999/) as string,
  });
});

test('what the server refuses is bad input here', () => {
  const ended = rootline(['show', '77', '--data', data]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/no session 77/);
  expect(rootline(['serve', '--port', '0', '--data', data])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/in use by process \d+ on http/) as string,
  });
});

test('SIGTERM ends the server cleanly, and the folder is free again', async () => {
  expect(await served.stop()).toBe(0);
  expect(rootline(['sessions', '--data', data]).code).toBe(0);
});
