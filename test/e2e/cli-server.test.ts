// Where a server owns the data folder, the same commands go through it, and print the same documents.
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
