// What happens when things go wrong: tampered rows, another engine, a simulation that crashes, a full queue; and the
// founding experiment on an empty store.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import type { Manifest } from '../../src/core/run/contract.js';
import type { ProblemBody } from '../../src/http/problem.js';
import type { ExperimentStatus } from '../../src/sessions/founding-experiment.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import type { SessionFigures } from '../../src/sessions/session.view.js';
import { TestFolder, TestServer } from './server-under-test.js';

const require = createRequire(import.meta.url);
const { MemoryEventStore, openEventStore } =
  require('../../dist/src/store/index.js') as typeof import('../../src/store/index.js');
const { createManifest } =
  require('../../dist/src/core/run/manifest.js') as typeof import('../../src/core/run/manifest.js');
const { SessionRunner } =
  require('../../dist/src/sessions/runner/session-runner.js') as typeof import('../../src/sessions/runner/session-runner.js');
const { InspectionService } =
  require('../../dist/src/sessions/inspection.service.js') as typeof import('../../src/sessions/inspection.service.js');

const SMI = { scenario: 'smi', protocol: 'v5.18' };
const folders: TestFolder[] = [];
const fresh = (): string => {
  const folder = new TestFolder();
  folders.push(folder);
  return folder.path;
};
afterAll(() => {
  for (const folder of folders) folder.remove();
});

test('both replays find a tampered row, by schedule with its position, thread, function and label', async () => {
  const data = fresh();
  const server = await TestServer.start(data);
  try {
    const { id } = await server.run(SMI);
    const { body } = await server.get<{ events: { position: number; function: string; label: string }[] }>(
      `/sessions/${id}/events?type=RootPut&limit=1`,
    );
    const victim = body.events[0]!;
    const db = new Database(join(data, 'events.sqlite'));
    db.prepare('UPDATE event SET b = b + 1 WHERE session = ? AND position = ?').run(
      Number(id),
      victim.position,
    );
    db.close();
    const replayed = (await server.post<ReplayResult>(`/sessions/${id}/replay`)).body;
    expect(replayed.verified).toBe(false);
    expect(replayed.by.schedule).toMatchObject({
      verified: false,
      outcome: 'differs',
      rows: expect.any(Number),
    });
    const { position, function: name, label } = victim;
    expect(replayed.firstDifference).toMatchObject({
      by: 'schedule',
      position,
      function: name,
      label,
      thread: 'vcpu0',
    });
  } finally {
    await server.stop();
  }
});

const COLUMNS = ['thread', 'type', 'site', 'time_ns', 'skipped', 'subject', 'a', 'b', 'c'];

test('by schedule, one changed number in any single column is found, also one that the column cannot hold', async () => {
  const data = fresh();
  const server = await TestServer.start(data);
  try {
    const { id } = await server.run(SMI);
    const db = new Database(join(data, 'events.sqlite'));
    const { n } = db.prepare('SELECT count(*) AS n FROM event WHERE session = ?').get(id) as { n: number };
    for (const [k, column] of COLUMNS.entries()) {
      const position = Math.floor((n * (k + 1)) / (COLUMNS.length + 1));
      const by = k % 2 === 0 ? 65_536 : 1;
      const change = db.prepare(
        `UPDATE event SET ${column} = ${column} + ? WHERE session = ? AND position = ?`,
      );
      change.run(by, id, position);
      const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`, { by: ['schedule'] });
      change.run(-by, id, position);
      expect([column, body.verified, body.by.schedule?.outcome]).toEqual([column, false, 'differs']);
      expect(body.by.schedule?.rows).toBe(position - 1);
      const difference = body.firstDifference as unknown as { [name: string]: unknown };
      expect(difference).toMatchObject({ by: 'schedule', position });
      expect(difference['stored']).not.toBe(difference['replayed']);
    }
    db.close();
    const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`);
    expect(body.verified).toBe(true);
  } finally {
    await server.stop();
  }
});

test('a session of another engine waits as interrupted and says why; one that crashes has failed', async () => {
  const data = fresh();
  const manifest = createManifest(SMI);
  const strange: Manifest = { ...manifest, protocolDigest: '0123456789abcdef' };
  const broken = { ...manifest, scheduler: 'bogus' } as unknown as Manifest;
  const store = await openEventStore(data);
  const other = (await store.createSession(strange, 'simulated')).id;
  const crashing = (await store.createSession(broken, 'simulated')).id;
  await store.close();
  const server = await TestServer.start(data);
  try {
    const waits = await server.until(other, (s) => s.reason !== null);
    expect(waits).toMatchObject({
      state: 'interrupted',
      outcome: null,
      allowed: ['resume', 'cancel', 'fork', 'delete', 'replay'],
    });
    expect(waits.reason).toContain('0123456789abcdef');
    const failed = await server.until(crashing, ({ state }) => state === 'failed');
    expect(failed).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('TypeError') });
    const replayed = await server.post<ProblemBody>(`/sessions/${other}/replay`);
    expect([replayed.status, replayed.body.type]).toEqual([409, 'urn:rootline:problem:nothing-stored']);
  } finally {
    await server.stop();
  }
});

test('by schedule, another engine is an outcome of its own, no mismatch', async () => {
  const data = fresh();
  let server = await TestServer.start(data);
  const { id } = await server.run(SMI);
  await server.stop();
  const db = new Database(join(data, 'events.sqlite'));
  db.prepare(
    `UPDATE session SET manifest = json_set(manifest, '$.protocolDigest', 'feedfacefeedface')`,
  ).run();
  db.close();
  server = await TestServer.start(data);
  try {
    const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`);
    expect(body).toMatchObject({ verified: false, firstDifference: null });
    expect(body.by.schedule).toMatchObject({
      outcome: 'engine_differs',
      detail: expect.stringContaining('feedface'),
    });
    expect(body.by.fold?.outcome).not.toBe('differs');
    expect((await server.get(`/sessions/${id}/vms`)).status).toBe(200);
  } finally {
    await server.stop();
  }
});

test('the runner and both replays work on the store in memory; a full queue refuses', async () => {
  const store = new MemoryEventStore();
  const runner = new SessionRunner(store, { workers: 1, maxQueued: 2 });
  const inspections = new InspectionService(store);
  const positions: number[] = [];
  runner.positions$.subscribe(({ toPosition }) => positions.push(toPosition));
  const first = await runner.create({ ...SMI, scenario: 'smi-heavy' });
  const rest = [await runner.create(SMI), await runner.create(SMI)];
  await expect(runner.create(SMI)).rejects.toMatchObject({
    code: 'limit_exceeded',
    details: { limit: 'maxQueuedSessions', value: 2 },
  });
  await runner.pause(rest[0]!.id);
  await expect(runner.pause(first.id).then(() => runner.resume(first.id))).resolves.toMatchObject({
    state: expect.stringMatching(/queued|running/),
  });
  const done = await Promise.all([first.id, rest[1]!.id].map((id) => runner.done(id)));
  expect(done.map(({ state }) => state)).toEqual(['finished', 'finished']);
  expect(positions.length).toBeGreaterThan(0);
  for (const { id } of done) expect(await inspections.replay(id)).toMatchObject({ verified: true });
  expect(await runner.cancel(rest[0]!.id)).toMatchObject({ state: 'cancelled' });
  await expect(runner.resume(rest[0]!.id)).rejects.toMatchObject({ code: 'state_conflict' });
  await runner.stop();
  await expect(runner.create(SMI)).rejects.toMatchObject({ code: 'store_closed' });
  await inspections.stop();
  await store.close();
});

test('on an empty store the founding experiment begins by itself, and only there', async () => {
  const data = fresh();
  let server = await TestServer.start(data, { demo: true });
  const list = async () => (await server.get<{ sessions: SessionFigures[] }>('/sessions')).body.sessions;
  while ((await list()).length < 8) await new Promise((resolve) => setTimeout(resolve, 20));
  const names = new Set(
    (await list()).map(({ protocol, recording, scenario }) => `${scenario} ${protocol} ${recording}`),
  );
  expect([...names].sort()).toEqual(['boot seed-draft lifecycle', 'boot v5.18 lifecycle']);
  const { body } = await server.get<ExperimentStatus>('/experiments/forced-reset');
  expect(body.rows.map(({ session }) => session !== null)).toEqual(Array.from({ length: 8 }, () => true));
  await server.stop();
  server = await TestServer.start(data, { demo: true });
  expect(await list()).toHaveLength(8);
  for (const { id } of await list()) expect(await server.delete(`/sessions/${id}`)).toBe(204);
  expect(await list()).toEqual([]);
  await server.stop();
});
