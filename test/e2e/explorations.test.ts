// /explorations: a search as a job; its counterexample is a session; stopped, it goes on to the same figures.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExplorationView } from '../../src/explorations/exploration.service.js';
import type { JobView } from '../../src/jobs/job-service.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const start = (body: object) => server.post<JobView>('/explorations', body);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(id: string, done: (view: ExplorationView) => boolean): Promise<ExplorationView> {
  for (;;) {
    const { body } = await server.get<ExplorationView>(`/explorations/${id}`);
    if (done(body)) return body;
    await sleep(25);
  }
}
const ended = (id: string) => until(id, ({ state }) => state !== 'queued' && state !== 'running');

test('a counterexample: the verdict, the session that replays, the report', async () => {
  const accepted = await start({ litmus: 'v-d', protocol: 'seed-draft', transplant: 'v6.4' });
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/${accepted.body.id}`);
  const view = await ended(accepted.body.id);
  expect(view).toMatchObject({
    state: 'finished',
    litmus: 'v-d',
    protocol: 'seed-draft',
    result: { verdict: 'violated', invariant: 'I3', sessionId: '1' },
  });
  expect(await server.session('1')).toMatchObject({ kind: 'explored', state: 'finished', scenario: 'v-d' });
  expect((await server.post<ReplayResult>('/sessions/1/replay', {})).body.verified).toBe(true);
  const report = await server.get<{ lines: string[] }>(`/explorations/${view.id}/report`);
  expect(report.body.lines).toContainEqual(expect.stringMatching(/this is B13/));
  expect(report.body.lines.at(-1)).toMatch(/^under v6.4 it stops being possible/);
  const list = await server.get<{ explorations: ExplorationView[] }>('/explorations');
  expect(list.body.explorations[0]).toMatchObject({ id: view.id, result: { counterexample: null } });
}, 60_000);

test('a cancelled search goes on where it was, to the figures of one that was not stopped', async () => {
  const asked = {
    litmus: 'reference-coarse',
    protocol: 'v5.18',
    reductions: 'none',
    workers: 1,
  };
  const first = (await start(asked)).body.id;
  await until(first, ({ progress }) => (progress?.states ?? 0) > 20_000);
  expect((await server.post(`/jobs/${first}/cancel`, {})).status).toBe(200);
  const stopped = await ended(first);
  expect(stopped).toMatchObject({ state: 'cancelled', allowed: ['continue'] });
  const second = (await start({ ...asked, continues: first })).body.id;
  expect(await ended(second)).toMatchObject({
    result: { verdict: 'holds', states: 1_042_043, transitions: 3_136_552, sessionId: null },
  });
  expect(await ended(first)).toMatchObject({ allowed: [] });
  expect((await start({ ...asked, continues: first })).status).toBe(422);
  const report = await server.get<{ detail: string }>(`/explorations/${second}/report`);
  expect(report).toMatchObject({ status: 404, body: { detail: expect.stringMatching(/holds/) as string } });
}, 120_000);

test('a search that a stop of the server interrupted goes on after the restart', async () => {
  const asked = { litmus: 'reference-coarse', protocol: 'v5.18', reductions: 'none', workers: 1 };
  const { id } = (await start(asked)).body;
  await until(id, ({ progress }) => (progress?.states ?? 0) > 20_000);
  await server.stop();
  server = await TestServer.start(folder.path);
  const { result } = await ended(id);
  expect(result).toMatchObject({ verdict: 'holds', states: 1_042_043, transitions: 3_136_552 });
}, 120_000);

test('bad input is refused before a job is made', async () => {
  const refused = async (body: object) => {
    const { status, body: problem } = await server.post<{ type: string }>('/explorations', body);
    return [status, problem.type.split(':').at(-1)];
  };
  expect(await refused({ litmus: 'nothing', protocol: 'v6.4' })).toEqual([422, 'unknown-litmus']);
  expect(await refused({ litmus: 'v-d', protocol: 'v0' })).toEqual([422, 'unknown-protocol']);
  expect(await refused({ litmus: 'v-d', protocol: 'v6.4', parameters: { vcpus: 9 } })).toEqual([
    422,
    'litmus-parameter',
  ]);
  expect(await refused({ litmus: 'v-d', protocol: 'v6.4', liveness: true, depth: 5 })).toEqual([
    422,
    'explore-liveness',
  ]);
  expect(await refused({ litmus: 'reference-coarse', protocol: 'v6.4', transplant: 'v5.18' })).toEqual([
    422,
    'explore-transplant',
  ]);
  expect((await server.get('/explorations/99')).status).toBe(404);
});
