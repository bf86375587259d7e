// The live feed: catch-up and live join without a hole, filters, several sessions, both encodings, server-sent events,
// what bad frames are told, and what becomes of subscriptions when their session or the server goes.
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { DEFAULT_LIVE_LIMITS } from '../../src/live/live.limits.js';
import type { ServerFrame } from '../../src/live/live.schemas.js';
import { LiveSocket, storedEvents } from './live-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
const sockets: LiveSocket[] = [];

beforeAll(async () => {
  server = await TestServer.start(folder.path);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

async function connect(): Promise<LiveSocket> {
  const socket = await LiveSocket.open(server);
  sockets.push(socket);
  return socket;
}

const RUN = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 120 } };

describe('events', () => {
  test('catch-up, then live, equals what is stored: two sessions that run, one that is over', async () => {
    const over = await server.run({ ...RUN, protocol: 'seed-draft' });
    const socket = await connect();
    const running = [
      await server.create(RUN),
      await server.create({ ...RUN, recording: 'lifecycle', seed: 2 }),
    ];
    const ids = [over.id, ...running.map(({ id }) => id)];
    for (const [k, session] of ids.entries()) {
      socket.say({ kind: 'subscribe', session, encoding: k === 1 ? 'compact' : 'objects' });
    }
    for (const session of ids) {
      const last = await socket.frame('state', (s) => s.session === session && s.state === 'finished');
      expect(socket.positions.get(session)).toBe(last.position);
      const stored = await storedEvents(server, session);
      expect(stored.length).toBe(last.position);
      expect(socket.events.get(session)).toEqual(stored);
      await socket.frame('caught-up', (f) => f.session === session);
    }
    // At `lifecycle` ordinals run ahead of positions, and counted events stand for many.
    expect(socket.events.get(ids[2]!)!.some((e) => e.lastOrdinal > e.ordinal)).toBe(true);
  });

  test('resume: nothing missed, replayed from, cannot replay', async () => {
    const { id, stored } = await server.run(RUN);
    const socket = await connect();
    socket.say({ kind: 'subscribe', session: id, from: stored + 1 });
    expect(await socket.frame('subscribed')).toMatchObject({ answer: 'nothing-missed', from: stored + 1 });
    await socket.frame('state');
    const second = await connect();
    second.say({ kind: 'subscribe', session: id, from: stored - 4 });
    expect(await second.frame('subscribed')).toMatchObject({ answer: 'replay', from: stored - 4 });
    await second.frame('state');
    expect(second.events.get(id)!.map((e) => e.position)).toEqual([-4, -3, -2, -1, 0].map((k) => stored + k));
    const third = await connect();
    third.say({ kind: 'subscribe', session: id, from: stored + 2 });
    expect(await third.frame('error')).toMatchObject({
      code: 'position-beyond-end',
      session: id,
      expected: [`1 to ${stored + 1}`],
    });
    third.say({ kind: 'subscribe', session: '999' });
    expect(await third.frame('error', (e) => e.session === '999')).toMatchObject({
      code: 'session-not-found',
    });
    third.say({ kind: 'subscribe', session: id, from: 'end' });
    expect((await third.frame('subscribed')).from).toBe(stored + 1);
  });

  test('filters are those of the REST route, in both encodings', async () => {
    const { id, stored } = await server.run(RUN);
    const filters = [
      { type: 'RootPut,RootGot' },
      { thread: 'vcpu0', type: 'LockAcquired' },
      { subject: 'root:3' },
      { subject: 'lock' },
      { function: 'kvm_tdp_mmu_put_root' },
    ];
    for (const filter of filters) {
      const expected = await storedEvents(
        server,
        id,
        new URLSearchParams(filter as Record<string, string>).toString(),
      );
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(stored);
      for (const encoding of ['objects', 'compact'] as const) {
        const socket = await connect();
        socket.say({ kind: 'subscribe', session: id, filter, encoding });
        await socket.frame('state');
        expect(socket.events.get(id)).toEqual(expected);
        // Also what the filter left out counts as delivered.
        expect(socket.positions.get(id)).toBe(stored);
      }
    }
    const socket = await connect();
    socket.say({ kind: 'subscribe', session: id, filter: { thread: 'vcpu9' } });
    expect((await socket.frame('error')).expected).toContain('vcpu0');
    socket.say({ kind: 'subscribe', session: id, filter: { type: 'Nothing' } });
    expect((await socket.frame('error', (e) => e.code === 'unknown-event-type')).expected).toContain(
      'RootPut',
    );
  });

  test('a filter by thread on a session that has not begun', async () => {
    const busy = await Promise.all(Array.from({ length: 6 }, () => server.create(RUN)));
    const { id } = busy.at(-1)!;
    const socket = await connect();
    socket.say({ kind: 'subscribe', session: id, filter: { thread: 'vcpu0', type: 'RootGot' } });
    await socket.frame('state', (s) => s.state === 'finished');
    expect(socket.events.get(id)).toEqual(await storedEvents(server, id, 'thread=vcpu0&type=RootGot'));
  });

  test('100 readers of a running session get the same rows, made once', async () => {
    const readers = await Promise.all(Array.from({ length: 100 }, connect));
    const before = await made();
    const { id } = await server.create({ ...RUN, parameters: { smis: 300 } });
    for (const reader of readers)
      reader.say({ kind: 'subscribe', session: id, filter: { type: 'RootAllocated' } });
    const stored = await server.ended(id).then(() => storedEvents(server, id, 'type=RootAllocated'));
    for (const reader of readers) {
      await reader.frame('state', (s) => s.state === 'finished');
      expect(reader.events.get(id)).toEqual(stored);
    }
    const { read, shared } = await made();
    // Each reader is told of each commit: nearly every message of 100 was there already.
    expect(shared - before.shared).toBeGreaterThan(20 * (read - before.read));
  });
});

async function made(): Promise<{ readonly read: number; readonly shared: number }> {
  const text = await (await fetch(`${server.server.url}/metrics`)).text();
  const value = (name: string): number =>
    Number(new RegExp(`^rootline_live_messages_${name}_total (\\d+)`, 'm').exec(text)![1]);
  return { read: value('read'), shared: value('shared') };
}

describe('subscriptions', () => {
  test('after the answer to unsubscribe nothing follows; subscribing again goes on', async () => {
    const { id } = await server.create({ ...RUN, parameters: { smis: 400 } });
    const socket = await connect();
    socket.say({ kind: 'subscribe', session: id });
    await socket.until(() => (socket.positions.get(id) ?? 0) > 0);
    socket.say({ kind: 'unsubscribe', session: id });
    const { position } = await socket.frame('unsubscribed');
    const events = socket.events.get(id)!.length;
    expect(socket.positions.get(id) ?? 0).toBe(position);
    await server.ended(id);
    expect(socket.events.get(id)!.length).toBe(events);
    socket.say({ kind: 'subscribe', session: id, from: position + 1 });
    await socket.frame('state', (s) => s.state === 'finished');
    expect(socket.events.get(id)).toEqual(await storedEvents(server, id));
  });

  test('a session that is deleted under its readers', async () => {
    const { id } = await server.create({ ...RUN, parameters: { smis: 5_000 } });
    const [one, two] = [await connect(), await connect()];
    one.say({ kind: 'subscribe', session: id });
    two.say({ kind: 'subscribe', session: id, filter: { type: 'RootFreed' }, encoding: 'compact' });
    await two.frame('subscribed');
    // Of a running session readers are told that it was cancelled, which is an end as well.
    expect((await server.post(`/sessions/${id}/pause`)).status).toBe(200);
    await one.until(() => (one.positions.get(id) ?? 0) > 0);
    expect(await server.delete(`/sessions/${id}`)).toBe(204);
    for (const socket of [one, two]) {
      const { position } = await socket.frame('removed');
      expect(position).toBe(socket.positions.get(id) ?? 0);
      socket.say({ kind: 'unsubscribe', session: id });
      expect((await socket.frame('error')).code).toBe('not-subscribed');
    }
  });

  test('a running session that is deleted under its readers', async () => {
    const { id } = await server.create({ ...RUN, parameters: { smis: 50_000, pages: 64 } });
    const sockets = [await connect(), await connect()];
    sockets[0]!.say({ kind: 'subscribe', session: id });
    sockets[1]!.say({ kind: 'subscribe', session: id, encoding: 'compact' });
    for (const socket of sockets) await socket.until(() => (socket.positions.get(id) ?? 0) > 0);
    expect((await server.session(id)).state).toBe('running');
    expect(await server.delete(`/sessions/${id}`)).toBe(204);
    for (const socket of sockets) {
      // Whoever was told everything hears that it was cancelled, whoever was behind that it is gone: both are ends.
      await socket.until(() =>
        socket.frames.find((f) => f.kind === 'removed' || (f.kind === 'state' && f.state === 'cancelled')),
      );
      socket.say({ kind: 'unsubscribe', session: id });
      expect((await socket.frame('error')).code).toBe('not-subscribed');
      socket.say({ kind: 'subscribe', session: id });
      await socket.frame('error', (e) => e.code === 'session-not-found');
    }
  });

  test('a watch tells of every session, created, finished, deleted, without events', async () => {
    const socket = await connect();
    socket.say({ kind: 'watch' });
    await socket.frame('watching');
    const { id, stored } = await server.run(RUN);
    const seen = await socket.until(() =>
      changes(socket).findLast((c) => c.session === id && c.state === 'finished'),
    );
    expect(seen.position).toBe(stored);
    await server.delete(`/sessions/${id}`);
    await socket.frame('sessions', (frame) => frame.removed.includes(id));
    socket.say({ kind: 'unwatch' });
    await socket.frame('unwatched');
    expect(socket.events.size).toBe(0);
  });
});

function changes(socket: LiveSocket) {
  return socket.frames.flatMap((frame) => (frame.kind === 'sessions' ? frame.changes : []));
}

describe('what is refused', () => {
  test('bad frames are answered with what was expected, and the connection stays', async () => {
    const { id } = await server.run(RUN);
    const socket = await connect();
    const cases: [sent: unknown, code: string, expected: string][] = [
      ['no json', 'bad-frame', 'subscribe'],
      ['[]', 'unknown-frame', 'subscribe'],
      ['null', 'unknown-frame', 'subscribe'],
      [{ kind: 'shout' }, 'unknown-frame', 'unsubscribe'],
      [{ kind: 'toString' }, 'unknown-frame', 'unsubscribe'],
      [{ kind: 'subscribe' }, 'bad-frame', 'session'],
      [{ kind: 'subscribe', session: id, form: 3 }, 'unknown-field', 'from'],
      [{ kind: 'subscribe', session: id, from: 0 }, 'bad-frame', 'from'],
      [{ kind: 'subscribe', session: id, from: 1.5 }, 'bad-frame', 'from'],
      [{ kind: 'subscribe', session: id, encoding: 'xml' }, 'bad-frame', 'encoding'],
      [{ kind: 'subscribe', session: id, filter: { colour: 'red' } }, 'unknown-field', 'filter'],
      [{ kind: 'subscribe', session: id, filter: { subject: 'moon:1' } }, 'unknown-subject', 'root:NUMBER'],
      [Buffer.from([1, 2, 3]), 'bad-frame', 'subscribe'],
    ];
    for (const [sent, code, expected] of cases) {
      const before = socket.frames.length;
      const raw = typeof sent === 'string' || Buffer.isBuffer(sent) ? sent : JSON.stringify(sent);
      socket.socket.send(raw);
      const error = (await socket.until(() => socket.frames[before])) as Extract<
        ServerFrame,
        { kind: 'error' }
      >;
      expect([error.kind, error.code], String(raw)).toEqual(['error', code]);
      expect(error.expected, String(raw)).toContain(expected);
    }
    socket.say({ kind: 'subscribe', session: id });
    socket.say({ kind: 'subscribe', session: id });
    expect(await socket.frame('error', (e) => e.code === 'already-subscribed')).toMatchObject({
      session: id,
    });
    socket.say({ kind: 'ping', data: 'still here' });
    expect((await socket.frame('pong')).data).toBe('still here');
  });

  test('too long, too fast', async () => {
    const large = await connect();
    large.socket.send('x'.repeat(DEFAULT_LIVE_LIMITS.maxMessageBytes + 1));
    expect((await large.untilClosed()).code).toBe(1009);
    const fast = await connect();
    for (let i = 0; i <= DEFAULT_LIVE_LIMITS.messagesPerSecond * 3; i++) fast.say({ kind: 'ping' });
    expect((await fast.untilClosed()).code).toBe(4429);
  });

  test('one client more than there are places', async () => {
    const places = DEFAULT_LIVE_LIMITS.maxClients;
    await Promise.all(Array.from({ length: places }, connect));
    expect(await handshake({})).toEqual([429, 'live-clients']);
    for (const socket of sockets.splice(0)) socket.close();
    await expect
      .poll(() =>
        connect().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  test('foreign hosts and origins, other addresses', async () => {
    const own = `127.0.0.1:${server.server.port}`;
    expect(await handshake({ host: 'evil.example' })).toEqual([421, 'host-not-allowed']);
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect(await handshake({ origin }), origin).toEqual([403, 'foreign-origin']);
    }
    expect(await handshake({ origin: `http://${own}` })).toEqual([101, '']);
    expect(await handshake({}, '/api/v1/sessions')).toEqual([404, 'not-found']);
    expect((await fetch(`${server.api}/live`)).status).toBe(404);
  });

  test('another upgrade, as of `curl --http2`, is ignored: the request gets its ordinary answer', async () => {
    const { host } = new URL(server.server.url);
    const h2c = {
      host,
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAAQAAP__',
    };
    expect((await server.raw('GET', '/api/v1/sessions', h2c)).status).toBe(200);
    expect((await server.raw('GET', '/api/v1/live', h2c)).status).toBe(404);
    const { id } = await server.run(RUN);
    const { status, body } = await server.raw('POST', `/api/v1/sessions/${id}/pause`, h2c);
    expect([status, typeOf(body)]).toEqual([409, 'state-conflict']);
  });

  test('a token: in the header, or as the first frame, never in the address', async () => {
    const other = new TestFolder();
    const token = 'correct-horse-battery';
    const guarded = await TestServer.start(other.path, { token });
    try {
      const authorization = `Bearer ${token}`;
      const byHeader = await LiveSocket.open(guarded, { headers: { authorization } });
      expect((await byHeader.frame('hello')).token).toBe('accepted');
      const byFrame = await LiveSocket.open(guarded);
      expect((await byFrame.frame('hello')).token).toBe('needed');
      byFrame.say({ kind: 'watch' });
      expect((await byFrame.frame('error')).code).toBe('token');
      byFrame.say({ kind: 'token', token });
      byFrame.say({ kind: 'watch' });
      await byFrame.frame('watching');
      const wrong = await LiveSocket.open(guarded);
      wrong.say({ kind: 'token', token: 'wrong' });
      expect((await wrong.untilClosed()).code).toBe(4401);
      const { port } = guarded.server;
      expect(await handshake({ authorization: 'Bearer wrong' }, '/api/v1/live', port)).toEqual([
        401,
        'token-unknown',
      ]);
      // A token in an address is none: the handshake passes as one without, and waits for the frame.
      const inAddress = new WebSocket(`${guarded.api.replace('http', 'ws')}/live?token=${token}`);
      const hello = await new Promise<string>((resolve) =>
        inAddress.once('message', (data: Buffer) => resolve(data.toString())),
      );
      expect(JSON.parse(hello)).toMatchObject({ kind: 'hello', token: 'needed' });
    } finally {
      await guarded.stop();
      other.remove();
    }
  });
});

test('a server that stops says where every reader stands', async () => {
  const other = new TestFolder();
  const stopping = await TestServer.start(other.path);
  const { id } = await stopping.create({ ...RUN, parameters: { smis: 20_000, pages: 64 } });
  const socket = await LiveSocket.open(stopping);
  socket.say({ kind: 'subscribe', session: id });
  await socket.until(() => (socket.positions.get(id) ?? 0) > 0);
  await stopping.stop();
  const { code, reason } = await socket.untilClosed();
  expect(code).toBe(1001);
  expect(JSON.parse(reason)).toEqual({ [id]: socket.positions.get(id) });
  expect(socket.frames.at(-1)).toMatchObject({
    kind: 'closing',
    positions: { [id]: socket.positions.get(id) },
  });
  const again = await TestServer.start(other.path);
  const resumed = await LiveSocket.open(again);
  resumed.say({ kind: 'subscribe', session: id, from: socket.positions.get(id)! + 1 });
  await resumed.until(() => (resumed.positions.get(id) ?? 0) > 0);
  expect(resumed.events.get(id)![0]!.position).toBe(socket.positions.get(id)! + 1);
  expect(await again.delete(`/sessions/${id}`)).toBe(204);
  await again.stop();
  other.remove();
});

describe('server-sent events', () => {
  test('all rows, then the end of the stream; Last-Event-ID goes on behind', async () => {
    const { id, stored } = await server.create({ ...RUN, parameters: { smis: 400 } });
    const first = await readStream(`/sessions/${id}/live`);
    expect(first.events).toEqual(await storedEvents(server, id));
    expect(first.kinds).toEqual(new Set(['subscribed', 'state', 'events', 'caught-up']));
    expect(stored).toBe(0);
    const middle = 1_234;
    const rest = await readStream(`/sessions/${id}/live?type=RootPut`, { 'last-event-id': String(middle) });
    expect(rest.events).toEqual(await storedEvents(server, id, `from=${middle + 1}&type=RootPut`));
    const end = String((await server.session(id)).stored);
    expect((await readStream(`/sessions/${id}/live`, { 'last-event-id': end })).status).toBe(204);
    expect((await readStream(`/sessions/${id}/live`, { 'last-event-id': `${end}0` })).status).toBe(409);
    expect((await readStream(`/sessions/${id}/live`, { 'last-event-id': 'x' })).status).toBe(400);
    expect((await readStream('/sessions/999/live')).status).toBe(404);
    expect((await fetch(`${server.api}/sessions/${id}/live`, { method: 'HEAD' })).status).toBe(200);
  });

  test('a stopping server ends the streams', async () => {
    const other = new TestFolder();
    const stopping = await TestServer.start(other.path);
    const { id } = await stopping.create({ ...RUN, parameters: { smis: 20_000, pages: 64 } });
    const answer = await fetch(`${stopping.api}/sessions/${id}/live?type=RootFreed`);
    await stopping.stop();
    await answer.text();
    other.remove();
  });
});

async function readStream(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(server.api + path, { headers });
  const events: unknown[] = [];
  const kinds = new Set<string>();
  let last = 0;
  for (const block of (await answer.text()).split('\n\n')) {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const kind = fields.get('event');
    if (kind !== undefined) kinds.add(kind);
    if (kind !== 'events') continue;
    const {
      from,
      to,
      events: batch,
    } = JSON.parse(fields.get('data')!) as Extract<ServerFrame, { kind: 'events' }>;
    if (last !== 0 && from !== last + 1) throw new Error(`${from} after ${last}`);
    last = to;
    expect(fields.get('id')).toBe(String(to));
    for (const event of batch) events.push(event);
  }
  return { status: answer.status, events, kinds };
}

/** Status of a handshake and the problem's name, whatever headers are sent. */
function handshake(
  headers: Record<string, string>,
  path = '/api/v1/live',
  port = server.server.port,
): Promise<[status: number, problem: string]> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      headers: {
        host: `127.0.0.1:${port}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
        ...headers,
      },
    });
    sent.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve([answer.statusCode ?? 0, '']);
    });
    sent.on('response', (answer) => {
      let body = '';
      answer.on('data', (text: Buffer) => {
        body += text.toString();
      });
      answer.on('end', () => resolve([answer.statusCode ?? 0, typeOf(body)]));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function typeOf(body: string): string {
  return (JSON.parse(body) as { readonly type: string }).type.split(':').at(-1)!;
}
