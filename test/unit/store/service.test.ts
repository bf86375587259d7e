// The store inside a service: fair to short calls while simulations write, one queue for what people add, closed
// by Nest.
import { rmSync } from 'node:fs';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  ChunkChannel,
  type CommitNotice,
  type EventStore,
  findOwner,
  type JobStore,
  openEventStore,
  type SqliteEventStore,
} from '../../../src/store/index.js';
import { EVENT_STORE, JOB_STORE, StoreModule } from '../../../src/store/store.module.js';
import { newDataDir } from '../../contract/data-dir.js';
import { FAKE_MANIFEST, fakeChunk } from '../../contract/fake-chunks.js';

let dataDir: string;
let store: SqliteEventStore;

beforeEach(async () => {
  dataDir = newDataDir();
  store = await openEventStore(dataDir);
});
afterEach(async () => {
  await store.close().catch(() => undefined);
  rmSync(dataDir, { recursive: true, force: true });
});

test('a simulation that never lets the writer rest leaves room for short calls and notices', async () => {
  const { id } = await store.createSession(FAKE_MANIFEST, 'simulated', { state: 'running' });
  const notices: CommitNotice[] = [];
  store.committed$.subscribe((notice) => notices.push(notice));
  const channel = new ChunkChannel(await store.openChannel(id));
  const CHUNKS = 300;
  let sent = 0;
  const flood = (async () => {
    for (; sent < CHUNKS; sent++) await channel.append(fakeChunk(sent * 500, 500));
    await channel.drained();
  })();
  let calls = 0;
  while (sent < CHUNKS) {
    await store.createSession(FAKE_MANIFEST, 'simulated');
    calls++;
  }
  await flood;
  channel.close();
  // Starved, there would be one call and hardly a notice.
  expect(calls).toBeGreaterThan(3);
  await expect.poll(() => notices.at(-1)?.toPosition).toBe(CHUNKS * 500);
  expect(notices.length).toBeGreaterThan(3);
});

test('a pause stops a channel at a chunk: nothing is half stored', async () => {
  const { id } = await store.createSession(FAKE_MANIFEST, 'simulated', { state: 'running' });
  const channel = new ChunkChannel(await store.openChannel(id));
  await channel.append(fakeChunk(0, 100));
  await channel.drained();
  await store.setState(id, 'cancelled');
  await channel.append(fakeChunk(100, 100));
  await expect(channel.drained()).rejects.toMatchObject({
    code: 'session_sealed',
    details: { state: 'cancelled' },
  });
  channel.close();
  expect((await store.getSession(id)).position).toBe(100);
});

test('close finishes what was accepted', async () => {
  const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
  const appends = Array.from({ length: 20 }, (_, i) => store.append(id, fakeChunk(i * 50, 50)));
  const closed = store.close();
  await Promise.all([...appends, closed]);
  store = await openEventStore(dataDir);
  expect(store.reconciled).toMatchObject({ added: 0, corrected: 0 });
  expect((await store.getSession(id)).position).toBe(1000);
});

test('jobs are kept as they were told', async () => {
  const job = await store.jobs.create('experiment', { sessions: [1, 2], dr: null });
  expect(job).toMatchObject({ kind: 'experiment', state: 'queued', request: { sessions: [1, 2], dr: null } });
  await store.jobs.update(job.id, { state: 'running', progress: { done: 3 } });
  await store.jobs.create('validate', {});
  await store.close();
  store = await openEventStore(dataDir);
  const done = await store.jobs.update(job.id, { state: 'finished', result: { ok: true } });
  expect(done).toMatchObject({ state: 'finished', progress: { done: 3 }, result: { ok: true }, error: null });
  expect((await store.jobs.list({ limit: 10 })).map((found) => found.kind)).toEqual([
    'validate',
    'experiment',
  ]);
  expect(await store.jobs.list({ limit: 10, kind: 'experiment', states: ['queued'] })).toEqual([]);
  expect(await store.jobs.get('77')).toBeNull();
});

test('labels of many callers at once do not lose each other (decision D4)', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 20; i++) ids.push((await store.createSession(FAKE_MANIFEST, 'simulated')).id);
  await Promise.all([
    ...ids.map((id, i) => store.annotate(id, { name: `n${i}` })),
    ...ids.map((id) => store.setState(id, 'paused')),
    ...ids.slice(0, 5).map((id) => store.deleteSession(id)),
  ]);
  const { sessions } = await store.listSessions({ limit: 100 });
  const names = sessions.map((session) => session.name).reverse();
  expect(names).toEqual(Array.from({ length: 15 }, (_, i) => `n${i + 5}`));
  expect(sessions.every((session) => session.state === 'paused')).toBe(true);
});

test('the Nest module opens the folder and gives it back', async () => {
  await store.close();
  @Module({})
  class App {
    static of(): DynamicModule {
      return { module: App, imports: [StoreModule.forRoot(dataDir)] };
    }
  }
  const app = await NestFactory.createApplicationContext(App.of(), { logger: false });
  const events = app.get<EventStore>(EVENT_STORE);
  const jobs = app.get<JobStore>(JOB_STORE);
  const { id } = await events.createSession(FAKE_MANIFEST, 'simulated');
  await events.append(id, fakeChunk(0, 10));
  expect(await jobs.list({ limit: 1 })).toEqual([]);
  expect(findOwner(dataDir)).toMatchObject({ pid: process.pid });
  await app.close();
  expect(findOwner(dataDir)).toBeNull();
});
