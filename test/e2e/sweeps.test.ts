// Sweeps over HTTP: progress, tables in three forms, cancel, a killed server that goes on where it was, recorded cells,
// and everything that is refused.
import { setTimeout as sleep } from 'node:timers/promises';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobView } from '../../src/jobs/job-service.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import type { SweepView } from '../../src/sweeps/sweep.types.js';
import type { SweepDocument } from '../../src/sweeps/sweep-files.js';
import { rootline } from './cli-support.js';
import { ServerProcess } from './crash/server-process.js';
import { type Answer, TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const SMALL = {
  scenario: 'smi-heavy',
  protocols: ['v5.18', 'seed-draft'],
  seeds: '1..3',
  parameters: { smis: [4, 8] },
  scheduler: 'random',
};
/** Some seconds of work. */
const LONG = {
  scenario: 'smi-heavy',
  protocols: ['v5.18'],
  seeds: '1..20',
  parameters: { smis: 120, pages: 64 },
  scheduler: 'random',
};

const start = async (body: object, headers: Record<string, string> = {}): Promise<Answer<JobView>> =>
  server.post<JobView>('/sweeps', body, headers);

async function untilEnded(id: string): Promise<SweepView> {
  for (;;) {
    const { body } = await server.get<SweepView>(`/sweeps/${id}`);
    if (body.state !== 'queued' && body.state !== 'running') return body;
    await sleep(20);
  }
}

const tableText = async (id: string): Promise<string> =>
  (await fetch(`${server.api}/sweeps/${id}/table`)).text();

describe('a sweep', () => {
  let id: string;
  let document: SweepDocument;

  test('is a job whose table has every group', async () => {
    const accepted = await start(SMALL, { 'idempotency-key': 'sweep-1' });
    expect(accepted.status).toBe(202);
    id = accepted.body.id;
    expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/${id}`);
    expect((await start(SMALL, { 'idempotency-key': 'sweep-1' })).body.id).toBe(id);
    expect(await untilEnded(id)).toMatchObject({
      state: 'finished',
      groups: 4,
      cells: 12,
      progress: { cells: 12, done: 12, resumed: 0, remainingMs: 0 },
      result: { cells: 12, groups: 4, outcomes: { completed: 12 } },
    });
    document = JSON.parse(await tableText(id)) as SweepDocument;
    expect(document.table).toMatchObject({ complete: true, axes: ['smis'], cells: 12, finished: 12 });
    expect(document.table.groups.map(({ protocol, settings }) => [protocol, settings['smis']])).toEqual([
      ['v5.18', 4],
      ['v5.18', 8],
      ['seed-draft', 4],
      ['seed-draft', 8],
    ]);
    const roots = document.table.groups.map(
      ({ metrics }) => metrics.find(({ metric }) => metric === 'rootAllocations')!.mean!,
    );
    // The patch keeps roots: more SMIs cost no more of them.
    expect(roots[1]).toBeGreaterThan(roots[0]!);
    expect(roots[3]).toBe(roots[2]);
  });

  test('has figures that a session of each cell has too', async () => {
    const group = document.table.groups[1]!;
    const values: number[] = [];
    for (const seed of [1, 2, 3]) {
      const { scenario, scheduler } = SMALL;
      const session = await server.run({
        scenario,
        scheduler,
        seed,
        protocol: 'v5.18',
        parameters: { smis: 8 },
      });
      values.push(session.timeNs);
    }
    const time = group.metrics.find(({ metric }) => metric === 'timeNs')!;
    expect([time.n, time.min, time.max, time.sum]).toEqual([
      3,
      Math.min(...values),
      Math.max(...values),
      values.reduce((a, b) => a + b),
    ]);
    expect(new Set(values).size).toBeGreaterThan(1);
  });

  test('comes out the same, byte for byte, from its manifest', async () => {
    const again = await start({ manifest: document.manifest });
    await untilEnded(again.body.id);
    expect(again.body.id).not.toBe(id);
    expect(await tableText(again.body.id)).toBe(await tableText(id));
  });

  test('is JSON, CSV or Parquet, by Accept or by name', async () => {
    const csv = await fetch(`${server.api}/sweeps/${id}/table`, { headers: { accept: 'text/csv' } });
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
    const lines = (await csv.text()).trimEnd().split('\r\n');
    expect(lines[0]).toBe('group,scenario,protocol,smis,cells,metric,unit,n,sum,mean,min,max,stddev');
    const figures = document.table.groups.flatMap(({ metrics }) => metrics);
    expect(lines).toHaveLength(figures.length + 1);

    const file = await fetch(`${server.api}/sweeps/${id}/table?format=parquet`);
    expect(file.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    const bytes = await file.arrayBuffer();
    const rows = await parquetReadObjects({ file: bytes });
    expect(rows.map((row) => [row['metric'], row['n'], row['mean'], row['stddev']])).toEqual(
      figures.map(({ metric, n, mean, stddev }) => [metric, BigInt(n), mean, stddev]),
    );
    const kept = parquetMetadata(bytes).key_value_metadata!.find(({ key }) => key === 'rootline.sweep')!;
    expect(JSON.parse(kept.value!)).toEqual(document.manifest);

    expect((await server.get(`/sweeps/${id}/table?format=xml`)).status).toBe(422);
    expect((await server.get(`/sweeps/${id}/table`, { accept: 'image/png' })).status).toBe(406);
    expect((await server.get('/sweeps/999/table')).status).toBe(404);
    expect((await server.get('/sweeps/none')).status).toBe(404);
    const { body } = await server.get<{ sweeps: SweepView[] }>('/sweeps?limit=1');
    expect(body.sweeps).toHaveLength(1);
  });

  test('stores its runs as sessions where that is asked for', async () => {
    const { body } = await start({ ...SMALL, record: 'full' });
    expect((await untilEnded(body.id)).state).toBe('finished');
    expect(await tableText(body.id)).toBe(await tableText(id));
    const { body: list } = await server.get<{ sessions: SessionView[] }>('/sessions?limit=200');
    const named = list.sessions.filter(({ name }) => name?.startsWith(`sweep ${body.id}:`));
    expect(named).toHaveLength(12);
    expect(named.map(({ name }) => name)).toContain(`sweep ${body.id}: v5.18, smis=8, seed 3`);
    expect(new Set(named.map(({ recording, state }) => `${recording} ${state}`))).toEqual(
      new Set(['full finished']),
    );
  });
});

test('a cancelled sweep stops soon, and shows what it had', async () => {
  const { body } = await start(LONG);
  for (;;) {
    const { progress } = (await server.get<SweepView>(`/sweeps/${body.id}`)).body;
    if ((progress?.done ?? 0) >= 2) break;
    await sleep(20);
  }
  const cancelled = await server.post<JobView>(`/jobs/${body.id}/cancel`, {});
  expect([cancelled.status, cancelled.body.state]).toEqual([200, 'cancelled']);
  const { table } = JSON.parse(await tableText(body.id)) as SweepDocument;
  expect(table.complete).toBe(false);
  expect(table.finished).toBeGreaterThanOrEqual(2);
  expect(table.finished).toBeLessThan(20);
  expect(table.groups[0]!.digest).toBeNull();
});

test('sweeps run one after the other, and leave room for other jobs', async () => {
  const session = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  const first = await start(LONG);
  const second = await start(LONG);
  const path = `/sessions/${session.id}/replay`;
  const replay = await server.post<JobView>(path, {}, { prefer: 'respond-async' });
  for (;;) {
    const { body } = await server.get<JobView>(`/jobs/${replay.body.id}`);
    if (body.state === 'finished') break;
    expect(['queued', 'running']).toContain(body.state);
    await sleep(20);
  }
  expect((await server.get<SweepView>(`/sweeps/${second.body.id}`)).body.state).toBe('queued');
  for (const { body } of [second, first]) {
    const cancelled = await server.post<JobView>(`/jobs/${body.id}/cancel`, {});
    expect(cancelled.body.state).toBe('cancelled');
  }
});

test.each<readonly [body: object, type: string]>([
  [{ ...SMALL, protocols: [] }, 'sweep-empty'],
  [{ ...SMALL, protocols: ['v0'] }, 'unknown-protocol'],
  [{ ...SMALL, seeds: '3..1' }, 'sweep-seeds'],
  [{ ...SMALL, seeds: [1, 1] }, 'sweep-duplicate'],
  [{ ...SMALL, seeds: '1..2501' }, 'sweep-too-large'],
  [{ ...SMALL, seeds: '1..51', record: 'full' }, 'sweep-too-large'],
  [{ ...SMALL, parameters: { nothing: [1] } }, 'unknown-parameter'],
  [{ ...SMALL, metrics: ['happiness'] }, 'unknown-metric'],
  [{ ...SMALL, scenario: 'live', parameters: {} }, 'sweep-scenario'],
  [{ protocols: ['v5.18'] }, 'sweep-manifest'],
  [{ ...SMALL, colour: 'red' }, 'unknown-field'],
  [{ ...SMALL, record: 'some' }, 'bad-body'],
])('refused: %j', async (body, type) => {
  const answer = await server.post<{ type: string }>('/sweeps', body);
  expect([400, 422]).toContain(answer.status);
  expect(answer.body.type).toBe(`urn:rootline:problem:${type}`);
});

test('a killed server goes on where it was, to the same table', { timeout: 120_000 }, async () => {
  const killedFolder = new TestFolder();
  const whole = await start(LONG);
  try {
    let killed = new ServerProcess(killedFolder.path);
    let api = (await killed.address())!;
    const ask = async <T>(path: string): Promise<T> => (await (await fetch(api + path)).json()) as T;
    const made = await fetch(`${api}/sweeps`, {
      method: 'POST',
      body: JSON.stringify(LONG),
      headers: { 'content-type': 'application/json' },
    });
    const { id } = (await made.json()) as JobView;
    let told = 0;
    while (told < 5) {
      told = (await ask<SweepView>(`/sweeps/${id}`)).progress?.done ?? 0;
      await sleep(5);
    }
    await killed.kill();
    killed = new ServerProcess(killedFolder.path);
    api = (await killed.address())!;
    let view = await ask<SweepView>(`/sweeps/${id}`);
    while (view.state !== 'finished') {
      expect(['queued', 'running']).toContain(view.state);
      await sleep(20);
      view = await ask<SweepView>(`/sweeps/${id}`);
    }
    expect(view.progress!.resumed).toBeGreaterThanOrEqual(told);
    expect(view.progress!.resumed).toBeLessThan(20);
    const table = await (await fetch(`${api}/sweeps/${id}/table`)).text();
    await untilEnded(whole.body.id);
    expect(table).toBe(await tableText(whole.body.id));
    expect(await killed.stop()).toBe(0);
    expect(rootline(['verify', '--data', killedFolder.path])).toMatchObject({ code: 0 });
  } finally {
    killedFolder.remove();
  }
});
