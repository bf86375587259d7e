// `rootline/client` against a real server: connections that are cut at random moments lose and repeat nothing, and a
// reader who stalls gets everything later while the server keeps next to nothing for it.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { RootlineClient, RootlineError, type SessionChanges } from '../../src/client/index.js';
import type { SocketConstructor, SocketLike } from '../../src/client/socket.js';
import { DEFAULT_LIVE_LIMITS } from '../../src/live/live.limits.js';
import { LiveSocket, storedEvents } from './live-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const DROPS = 500;
const RUN = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 150 } };

const folder = new TestFolder();
let server: TestServer;
let client: RootlineClient;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
  client = new RootlineClient({ url: server.server.url });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

/** Sockets that break after a random number of messages, without a close frame. */
function breaking(more: () => boolean, seed: number): SocketConstructor {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  return class extends WebSocket {
    private messages = 0;
    private readonly breakAfter = 1 + Math.floor(random() * 6);

    override emit(event: string, ...rest: unknown[]): boolean {
      const heard = super.emit(event, ...rest);
      if (event === 'message' && ++this.messages >= this.breakAfter && more()) this.terminate();
      return heard;
    }
  } as unknown as new (
    url: string,
  ) => SocketLike;
}

test(`${DROPS} drops and resumes at random moments lose and repeat nothing`, async () => {
  const { id } = await client.createSession({ ...RUN, parameters: { smis: 400 } });
  let resumes = 0;
  const more = (): boolean => resumes < DROPS;
  const readers = Array.from({ length: 8 }, async (_, k) => {
    const mine = new RootlineClient({ url: server.server.url, webSocket: breaking(more, k + 1) });
    const encoding = k % 2 === 0 ? 'compact' : 'objects';
    for (;;) {
      const positions: number[] = [];
      const onResume = (): void => {
        resumes++;
      };
      for await (const batch of mine.live(id, { encoding, onResume })) {
        if ('events' in batch && batch.encoding === 'objects')
          for (const { position } of batch.events) positions.push(position);
        else for (let i = 0; i < batch.length; i++) positions.push(batch.from + i);
      }
      const { stored } = await client.session(id);
      expect(positions.length).toBe(stored);
      expect(positions.every((position, i) => position === i + 1)).toBe(true);
      if (!more()) return;
    }
  });
  await Promise.all(readers);
  expect(resumes).toBeGreaterThanOrEqual(DROPS);
}, 240_000);

test('both encodings give the events that are stored', async () => {
  const { id } = await client.createSession(RUN);
  const objects: unknown[] = [];
  const compact: unknown[] = [];
  for await (const batch of client.live(id)) for (const event of batch.events) objects.push(event);
  for await (const batch of client.live(id, { encoding: 'compact' }))
    for (const event of batch.events) compact.push(event);
  const stored = await storedEvents(server, id);
  expect(objects).toEqual(stored);
  expect(compact).toEqual(stored);
});

test('a slow consumer leaves what it cannot take with the server', async () => {
  const { id } = await client.createSession(RUN);
  await server.ended(id);
  let count = 0;
  for await (const batch of client.live(id, { maxQueuedBatches: 1 })) {
    await sleep(5);
    count += batch.length;
  }
  expect(count).toBe((await client.session(id)).stored);
});

test('a stalled reader costs the server a bounded number of bytes, and gets everything later', async () => {
  const { id } = await client.createSession({ ...RUN, parameters: { smis: 600 } });
  const socket = await LiveSocket.open(server);
  socket.say({ kind: 'subscribe', session: id });
  socket.socket.pause();
  const { stored } = await server.ended(id);
  await sleep(300);
  const metrics = await (await fetch(`${server.server.url}/metrics`)).text();
  const waiting = Number(/^rootline_live_buffered_bytes (\d+)/m.exec(metrics)?.[1]);
  const { highWaterBytes } = DEFAULT_LIVE_LIMITS;
  expect(waiting).toBeGreaterThan(0);
  // Up to the mark, and the message that crossed it.
  expect(waiting).toBeLessThan(3 * highWaterBytes);
  expect(stored * 200).toBeGreaterThan(20 * highWaterBytes);
  socket.socket.resume();
  await socket.frame('state', (s) => s.state === 'finished');
  expect(socket.events.get(id)!.length).toBe(stored);
  socket.close();
});

test('a watch tells of changes, and after a drop that the list is to be read', async () => {
  const opened: WebSocket[] = [];
  const webSocket = class extends WebSocket {
    constructor(url: string) {
      super(url);
      opened.push(this);
    }
  } as unknown as SocketConstructor;
  const ended = new AbortController();
  const watch = new RootlineClient({ url: server.server.url, webSocket }).watch({ signal: ended.signal });
  const next = async (): Promise<SessionChanges> => {
    const { value, done } = await watch.next();
    if (done === true) throw new Error('the watch ended');
    return value;
  };
  expect(await next()).toEqual({ changes: [], removed: [], overflow: true });
  const { id } = await client.createSession(RUN);
  for (;;) {
    const told = await next();
    expect(told.overflow).toBe(false);
    if (told.changes.some(({ session, state }) => session === id && state === 'finished')) break;
  }
  opened[0]!.terminate();
  expect(await next()).toEqual({ changes: [], removed: [], overflow: true });
  expect(opened.length).toBe(2);
  await client.deleteSession(id);
  expect((await next()).removed).toEqual([id]);
  ended.abort();
  expect(await watch.next()).toEqual({ done: true, value: undefined });
});

test('what is stored is read line by line, with the filters of the route; leaving early ends it', async () => {
  const { id } = await client.createSession(RUN);
  await server.ended(id);
  const events: unknown[] = [];
  for await (const event of client.events(id, { type: 'RootPut', from: 100 })) events.push(event);
  expect(events.length).toBeGreaterThan(0);
  expect(events).toEqual(await storedEvents(server, id, 'type=RootPut&from=100'));
  for await (const { position } of client.events(id)) if (position === 3) break;
  await expect(client.events('999').next()).rejects.toMatchObject({ code: 'session-not-found' });
});

test('what cannot go on is an error with a name', async () => {
  await expect(client.session('999')).rejects.toBeInstanceOf(RootlineError);
  await expect(client.live('999').next()).rejects.toMatchObject({ code: 'session-not-found' });
  const { id } = await client.createSession(RUN);
  const { stored } = await server.ended(id);
  await expect(client.live(id, { from: stored + 2 }).next()).rejects.toMatchObject({
    code: 'position-beyond-end',
  });
  const nobody = new RootlineClient({ url: 'http://127.0.0.1:1' });
  await expect(nobody.live(id).next()).rejects.toMatchObject({ code: 'unreachable' });
});
