// The writer thread dies, or an append fails inside: typed answers, /health/ready says so, reading goes on, and the next
// start has everything that was told as stored and takes the session to its end.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProblemBody } from '../../src/http/problem.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { nothingReported, wrongWith } from './crash/reported.js';
import { ServerProcess } from './crash/server-process.js';
import { TestFolder } from './server-under-test.js';

const LONG = JSON.stringify({ scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 400 } });
const HEADERS = { connection: 'close', 'content-type': 'application/json' };
let folder: TestFolder;
let server: ServerProcess | null = null;
let api = '';

beforeEach(() => {
  folder = new TestFolder();
});
afterEach(async () => {
  await server?.kill();
  folder.remove();
});

async function start(failpoint: string): Promise<void> {
  server = new ServerProcess(folder.path, { ROOTLINE_FAILPOINT: failpoint });
  api = (await server.address()) ?? server.errors;
}

const post = async (path: string, body?: string): Promise<Response> =>
  await fetch(api + path, { method: 'POST', headers: HEADERS, ...(body === undefined ? {} : { body }) });
const health = async (): Promise<Response> =>
  await fetch(api.replace('/api/v1', '/health/ready'), { headers: { connection: 'close' } });

async function until(id: string, reached: (view: SessionView) => boolean): Promise<SessionView> {
  for (;;) {
    const answer = await fetch(`${api}/sessions/${id}`, { headers: { connection: 'close' } });
    const view = (await answer.json()) as SessionView;
    if (reached(view)) return view;
    await sleep(20);
  }
}

test('a writer that dies: 5xx with a type, not ready, readable, whole after the next start', async () => {
  await start('after-commit-before-notice@5=die');
  const { id } = (await (await post('/sessions', LONG)).json()) as SessionView;
  while ((await health()).status === 200) await sleep(20);
  const sick = await health();
  expect(sick.status).toBe(503);
  expect(((await sick.json()) as ProblemBody).detail).toContain('the writer thread died: failpoint');
  const refused = await post('/sessions', LONG);
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(((await refused.json()) as ProblemBody).type).toBe('urn:rootline:problem:store-failed');
  const { stored } = await until(id, () => true);
  expect(stored).toBeGreaterThan(0);
  await server!.stop();
  const reported = nothingReported();
  reported.stored.set(id, stored);
  expect(wrongWith(folder.path, reported, false)).toEqual([]);
  await start('');
  expect((await health()).status).toBe(200);
  expect(await until(id, ({ state }) => state === 'finished')).toMatchObject({ outcome: 'completed' });
  expect(await (await post(`/sessions/${id}/replay`)).json()).toMatchObject({ verified: true });
  expect(await server!.stop()).toBe(0);
  expect(wrongWith(folder.path, reported, true)).toEqual([]);
}, 120_000);

test('an append that fails inside is rolled back: the session waits with the reason, and goes on when asked', async () => {
  await start('mid-batch@90=throw');
  const { id } = (await (await post('/sessions', LONG)).json()) as SessionView;
  const waits = await until(id, ({ state }) => state === 'interrupted');
  expect(waits.reason).toContain('failpoint mid-batch');
  expect((await health()).status).toBe(200);
  expect((await post(`/sessions/${id}/resume`)).status).toBeLessThan(300);
  expect(await until(id, ({ state }) => state === 'finished')).toMatchObject({ outcome: 'completed' });
  expect(await (await post(`/sessions/${id}/replay`)).json()).toMatchObject({ verified: true });
  expect(await server!.stop()).toBe(0);
  expect(wrongWith(folder.path, nothingReported(), true)).toEqual([]);
}, 120_000);

test('a misspelt failpoint is refused at the start', async () => {
  await start('mid-bach=kill');
  expect(api).toMatch(/ROOTLINE_FAILPOINT "mid-bach=kill" is not known; expected name/);
  expect(await server!.stop()).toBe(2);
});
