// Clients that are slow, broken, greedy or many: each gets a typed answer or is let go, memory stays flat, the others are
// served, nothing is lost. Bodies, hosts, origins and tokens: access.test.ts and operation.test.ts.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProblemBody } from '../../src/http/problem.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { TestFolder, TestServer } from './server-under-test.js';

const TIMEOUT_MS = 1_000;
const folder = new TestFolder();
let server: TestServer;
let session: SessionView;
beforeAll(async () => {
  server = await TestServer.start(folder.path, {
    requestTimeoutMs: TIMEOUT_MS,
    streamStallMs: 2_000,
    workers: 1,
  });
  session = await server.run({ scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 800 } });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const sockets: Socket[] = [];
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

async function open(): Promise<Socket> {
  const socket = connect(server.server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** All that the server says until it hangs up. */
async function saidTo(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  if (!socket.closed) await once(socket, 'close');
  return text;
}

function problemIn(text: string): [status: number, type: string | undefined] {
  const [head = '', body = '{}'] = text.split('\r\n\r\n', 2);
  expect(head).toContain('application/problem+json');
  return [Number(head.split(' ', 2)[1]), (JSON.parse(body) as ProblemBody).type.split(':').at(-1)];
}

test('heads and bodies that come slowly are given up, with an answer', async () => {
  const begun = [
    'GET /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\nx-slow: ',
    'POST /api/v1/sessions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{',
  ];
  const slow = await Promise.all(
    begun.map(async (text) => {
      const socket = await open();
      socket.write(text);
      // A byte now and then does not help.
      const drip = setInterval(() => socket.writable && socket.write('a'), 200);
      const said = await saidTo(socket);
      clearInterval(drip);
      return said;
    }),
  );
  for (const text of slow) expect(problemIn(text)).toEqual([408, 'request-timeout']);
});

test('what is no HTTP, or has too large a head, is answered and hung up on', async () => {
  const say = async (text: string) => {
    const socket = await open();
    const said = saidTo(socket);
    socket.write(text);
    return problemIn(await said);
  };
  expect(await say('\u0016\u0003\u0001 hello\r\n\r\n')).toEqual([400, 'bad-request']);
  expect(await say('GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\ncontent-length: x\r\n\r\n')).toEqual([
    400,
    'bad-request',
  ]);
  const large = `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
  expect(await say(large)).toEqual([431, 'head-too-large']);
});

test('streams that nobody reads take no memory, are bounded in number, and are let go', async () => {
  const before = process.memoryUsage();
  const { MAX_STREAMS } = await import('../../src/config/limits.js');
  const ask = `GET /api/v1/sessions/${session.id}/events HTTP/1.1\r\nhost: localhost\r\naccept: application/x-ndjson\r\n\r\n`;
  const stalled = await Promise.all(
    Array.from({ length: MAX_STREAMS }, async () => {
      const socket = await open();
      socket.pause();
      socket.write(ask);
      return socket;
    }),
  );
  const readers = async () => {
    const text = await (await fetch(`${server.server.url}/metrics`)).text();
    return Number(/^rootline_readers (\d+)$/m.exec(text)?.[1]);
  };
  while ((await readers()) < MAX_STREAMS) await sleep(20);
  const refused = await server.get<ProblemBody>(`/sessions/${session.id}/events`, {
    accept: 'application/x-ndjson',
  });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  // Others are served meanwhile.
  expect((await server.session(session.id)).digest).toBe(session.digest);
  const grown = process.memoryUsage().rss - before.rss;
  expect(grown / 1024 ** 2).toBeLessThan(200);
  // Cut off, so that the places are free again.
  while ((await readers()) > 0) await sleep(50);
  const answer = await fetch(`${server.api}/sessions/${session.id}/events`, {
    headers: { accept: 'application/x-ndjson' },
  });
  expect((await answer.text()).split('\n').length - 1).toBe(session.stored);
  for (const socket of stalled) socket.destroy();
});

test('more connections than MAX_CONNECTIONS are closed; the ones before work', async () => {
  const { MAX_CONNECTIONS } = await import('../../src/config/limits.js');
  const many = await Promise.all(
    Array.from({ length: MAX_CONNECTIONS + 40 }, () => open().catch(() => null)),
  );
  await sleep(200);
  const closed = many.filter((socket) => socket === null || socket.destroyed || socket.closed);
  expect(closed.length).toBeGreaterThanOrEqual(40);
  for (const socket of many) socket?.destroy();
  await sleep(100);
  expect((await server.get('/sessions')).status).toBe(200);
});

test('thousands of sessions: the queue is bounded, the list is whole, nothing is lost', {
  timeout: 120_000,
}, async () => {
  const { MAX_QUEUED_SESSIONS } = await import('../../src/config/limits.js');
  // One that keeps the only thread, so that the others wait.
  const long = await server.create({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    parameters: { smis: 100_000 },
  });
  await server.until(long.id, ({ state }) => state === 'running');
  const ids: string[] = [];
  let refused = 0;
  const asked = MAX_QUEUED_SESSIONS + 50;
  let next = 0;
  const client = async (): Promise<void> => {
    while (next++ < asked) {
      const { status, body } = await server.post<SessionView>('/sessions', {
        scenario: 'smi',
        protocol: 'v5.18',
      });
      if (status === 201) ids.push(body.id);
      else if (status === 429) refused++;
      else throw new Error(`unexpected answer ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect([ids.length, refused]).toEqual([MAX_QUEUED_SESSIONS, 50]);
  const listed = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body }: { body: { sessions: SessionView[]; nextCursor: string | null } } = await server.get(
      `/sessions?limit=200&state=queued${from}`,
    );
    for (const { id } of body.sessions) listed.add(id);
    cursor = body.nextCursor;
  }
  expect(ids.filter((id) => !listed.has(id))).toEqual([]);
});
