// /catalogue: the table of known answers; rows answered as a job, each counterexample a session that replays.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CatalogueRun, CatalogueTable } from '../../src/explorations/catalogue/catalogue-jobs.js';
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

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const start = (body: object) => server.post<JobView>('/catalogue/runs', body);

async function ended(id: string): Promise<CatalogueRun> {
  for (;;) {
    const { body } = await server.get<CatalogueRun>(`/catalogue/runs/${id}`);
    if (body.state !== 'queued' && body.state !== 'running') return body;
    await sleep(25);
  }
}

test('the table says what is expected of each protocol, and why where that is not plain', async () => {
  const { body } = await server.get<CatalogueTable>('/catalogue');
  const b13 = body.bugs.find(({ bug }) => bug === 'B13');
  expect(b13).toMatchObject({ kind: 'safety', litmus: 'v-d' });
  const violated = b13?.cells.filter(({ expected }) => expected === 'violated');
  expect(violated?.map(({ protocol }) => protocol)).toEqual(['seed-draft']);
  expect(body.protocols).toContain('v6.14');
});

test('a run: its rows, and a session for each that is violated', async () => {
  const accepted = await start({ bug: 'B13' });
  expect(accepted.status).toBe(202);
  const run = await ended(accepted.body.id);
  expect(run).toMatchObject({ state: 'finished', bug: 'B13', failed: 0 });
  const violated = run.rows?.filter(({ got }) => got === 'violated') ?? [];
  expect(violated.map(({ protocol, invariant }) => [protocol, invariant])).toEqual([['seed-draft', 'I3']]);
  expect(run.rows?.filter(({ sessionId }) => sessionId !== null)).toEqual(violated);
  const { sessionId } = violated[0]!;
  expect(await server.session(sessionId!)).toMatchObject({ kind: 'explored', state: 'finished' });
  expect((await server.post<ReplayResult>(`/sessions/${sessionId}/replay`, {})).body.verified).toBe(true);
  const list = await server.get<{ runs: CatalogueRun[] }>('/catalogue/runs');
  expect(list.body.runs.map(({ id, failed, rows }) => [id, failed, rows])).toEqual([[run.id, 0, undefined]]);
});

test('without sessions; bad input is refused before a job is made', async () => {
  const { rows } = await ended((await start({ bug: 'B12', protocol: 'seed-draft', store: false })).body.id);
  expect(rows).toMatchObject([{ got: 'violated', invariant: 'LOCKDEP_HELD_WRITE', sessionId: null }]);
  const problem = async (body: object) => (await start(body)).body as unknown as { type: string };
  expect((await problem({ bug: 'B99' })).type).toMatch(/unknown-bug$/);
  expect((await problem({ bug: 'B13', protocol: 'v1' })).type).toMatch(/unknown-protocol$/);
  expect((await server.get('/catalogue/runs/99')).status).toBe(404);
});
