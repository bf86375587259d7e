// /relaxations: a rule dropped as a job; its counterexample is a session under the protocol without that rule, and replays.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Relaxation } from '../../src/explorations/relax/relax-jobs.js';
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
const start = (body: object) => server.post<JobView>('/relaxations', body);

async function ended(id: string): Promise<Relaxation> {
  for (;;) {
    const { body } = await server.get<Relaxation>(`/relaxations/${id}`);
    if (body.state !== 'queued' && body.state !== 'running') return body;
    await sleep(25);
  }
}

test('v6.4 without the RCU section of its walk is the draft again: B13, as a session that replays', async () => {
  const accepted = await start({ protocol: 'v6.4', rule: 'rcu-in-invalidate-walk', litmus: ['v-d'] });
  expect(accepted.status).toBe(202);
  const { rows, ...rest } = await ended(accepted.body.id);
  expect(rest).toMatchObject({ state: 'finished', protocol: 'v6.4', counts: { needed: 1 } });
  const [row] = rows!;
  expect(row).toMatchObject({ answer: 'needed', litmus: 'v-d', invariant: 'I3', bugs: ['B13'] });
  expect(row?.why).toMatch(
    /rcu_softirq @ invoke_callback behind main's kvm_tdp_mmu_invalidate_all_roots @ next/,
  );
  const session = await server.session(row!.sessionId!);
  expect(session).toMatchObject({
    kind: 'explored',
    protocol: 'v6.4~rcu-in-invalidate-walk',
    scenario: 'v-d',
  });
  expect((await server.post<ReplayResult>(`/sessions/${session.id}/replay`, {})).body.verified).toBe(true);
  const list = await server.get<{ relaxations: Relaxation[] }>('/relaxations');
  expect(list.body.relaxations.map(({ id, rows: none }) => [id, none])).toEqual([[rest.id, undefined]]);
}, 120_000);

test('bad input is refused before a job is made', async () => {
  const problem = async (body: object) => ((await start(body)).body as unknown as { type: string }).type;
  expect(await problem({ protocol: 'v6.4', rule: 'nothing' })).toMatch(/unknown-relax-rule$/);
  expect(await problem({ protocol: 'v6.4', litmus: ['nothing'] })).toMatch(/unknown-litmus$/);
  expect(await problem({ protocol: 'v9' })).toMatch(/unknown-protocol$/);
  expect(await problem({ protocol: 'v6.4~get-in-load' })).toMatch(/relax-protocol$/);
  expect((await server.get('/relaxations/99')).status).toBe(404);
});
