// The limits of the live feed, made small, on a store in memory behind a real socket: clients that read nothing, tokens that
// end, one subscription too many, and messages that are made once for all readers.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Subject } from 'rxjs';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Access } from '../../../src/http/access.js';
import { Stopping } from '../../../src/http/stopping.js';
import type { JobChange } from '../../../src/jobs/job-service.js';
import { FeedHub } from '../../../src/live/feed-hub.js';
import { DEFAULT_LIVE_LIMITS, type LiveLimits } from '../../../src/live/live.limits.js';
import { LIVE_PATH, LiveServer } from '../../../src/live/live-server.js';
import { PrometheusMetrics } from '../../../src/metrics/metrics.js';
import { MemoryEventStore } from '../../../src/store/index.js';
import { FAKE_MANIFEST, fakeChunk } from '../../contract/fake-chunks.js';

const NO_JOBS = { changed$: new Subject<JobChange>(), get: () => Promise.resolve(null) };

interface Frame {
  readonly kind: string;
  readonly code?: string | number;
  readonly to?: number;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) await close();
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function serve(
  differs: Partial<LiveLimits>,
  mayRead: Access['mayRead'] = () => true,
  token: 'accepted' | 'needed' = 'accepted',
) {
  const store = new MemoryEventStore();
  const hub = new FeedHub(store, { ...DEFAULT_LIVE_LIMITS, ...differs }, NO_JOBS);
  const access = { checkUpgrade: () => token, mayRead } as unknown as Access;
  const live = new LiveServer(hub, silent, access, new Stopping(), new PrometheusMetrics());
  const server: Server = createServer();
  live.listen(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  closers.push(async () => {
    await live.beforeApplicationShutdown();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
  });
  const session = async (rows: number): Promise<string> => {
    const { id } = await store.createSession(FAKE_MANIFEST, 'simulated');
    if (rows > 0) await store.append(id, fakeChunk(0, rows));
    return id;
  };
  return { hub, session, url: `ws://127.0.0.1:${port}${LIVE_PATH}` };
}

class Client {
  readonly frames: Frame[] = [];
  closed: number | null = null;
  readonly socket: WebSocket;

  constructor(url: string) {
    this.socket = new WebSocket(url, { headers: { authorization: 'Bearer a-token-of-sixteen' } });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) this.frames.push(JSON.parse(data.toString()) as Frame);
    });
    this.socket.on('close', (code) => {
      this.closed = code;
    });
    this.socket.on('error', () => undefined);
  }

  say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  async frame(kind: string): Promise<Frame> {
    return await vi.waitUntil(() => this.frames.find((frame) => frame.kind === kind), 10_000);
  }
}

const QUICK = { heartbeatMs: 20, silenceMs: 250, closeMs: 400 };

test('a client that reads nothing is closed after silenceMs, also when there is next to nothing to read', async () => {
  const { hub, url } = await serve(QUICK);
  const [reading, deaf] = [new Client(url), new Client(url)];
  await Promise.all([reading.frame('hello'), deaf.frame('hello')]);
  deaf.socket.pause();
  await vi.waitUntil(() => hub.figures.clients === 1, 5_000);
  deaf.socket.resume();
  await vi.waitUntil(() => deaf.closed !== null, 5_000);
  expect(deaf.closed).toBe(4408);
  expect(deaf.frames.at(-1)).toMatchObject({ kind: 'closing', code: 4408 });
  expect(reading.closed).toBeNull();
});

test('so is one that subscribed to more than fits, and its messages were never all read', async () => {
  const { hub, session, url } = await serve({ ...QUICK, frameEvents: 512, highWaterBytes: 64 * 1024 });
  const id = await session(60_000);
  const deaf = new Client(url);
  await deaf.frame('hello');
  deaf.say({ kind: 'subscribe', session: id });
  deaf.socket.pause();
  await vi.waitUntil(() => hub.figures.clients === 0 && hub.figures.subscriptions === 0, 8_000);
  expect(hub.figures.misses).toBeGreaterThan(0);
  expect(hub.figures.misses).toBeLessThan(Math.ceil(60_000 / 512));
});

test('a token that ends while the connection is open ends it', async () => {
  const endsAt = Date.now() + 1_000;
  const { url } = await serve({ heartbeatMs: 20 }, () => Date.now() < endsAt);
  const client = new Client(url);
  await client.frame('heartbeat');
  expect(client.closed).toBeNull();
  vi.useFakeTimers({ toFake: ['Date'], now: endsAt + 1 });
  await vi.waitUntil(() => client.closed !== null, 5_000);
  expect(client.closed).toBe(4401);
});

test('a token that does not come within tokenMs, or is wrong, ends the connection', async () => {
  const { url } = await serve({ tokenMs: 150 }, (token) => token === 'the right one', 'needed');
  const [late, wrong, right] = [new Client(url), new Client(url), new Client(url)];
  await Promise.all([late, wrong, right].map((client) => client.frame('hello')));
  wrong.say({ kind: 'token', token: 'another' });
  right.say({ kind: 'token', token: 'the right one' });
  await vi.waitUntil(() => late.closed !== null && wrong.closed !== null, 5_000);
  expect([late.closed, wrong.closed, right.closed]).toEqual([4401, 4401, null]);
});

test('one subscription more than maxSubscriptions', async () => {
  const { hub, session, url } = await serve({ maxSubscriptions: 2 });
  const client = new Client(url);
  await client.frame('hello');
  for (let i = 0; i < 3; i++) client.say({ kind: 'subscribe', session: await session(0), from: 'end' });
  expect(await client.frame('error')).toMatchObject({ code: 'subscriptions' });
  expect(hub.figures.subscriptions).toBe(2);
});

test('messages are made once for 100 readers', async () => {
  const frameEvents = 256;
  const { hub, session, url } = await serve({ frameEvents });
  const id = await session(5_000);
  const readers = Array.from({ length: 100 }, () => new Client(url));
  for (const reader of readers) {
    await reader.frame('hello');
    reader.say({ kind: 'subscribe', session: id });
  }
  for (const reader of readers) await reader.frame('caught-up');
  for (const { frames } of readers) expect(frames.findLast(({ to }) => to !== undefined)?.to).toBe(5_000);
  const windows = Math.ceil(5_000 / frameEvents);
  expect([hub.figures.misses, hub.figures.hits]).toEqual([windows, 99 * windows]);
});
