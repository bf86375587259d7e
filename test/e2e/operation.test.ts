// What whoever runs the server sees of it: roles of tokens, rate limits, logs with ids, metrics, and a stop with open
// sockets that ends cleanly and loses nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import type { ProblemBody } from '../../src/http/problem.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { PROGRAM, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folders: TestFolder[] = [];
const fresh = (): string => {
  const folder = new TestFolder();
  folders.push(folder);
  return folder.path;
};
afterAll(() => {
  for (const folder of folders) folder.remove();
});

const LONG = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 100_000 } };

test('read and write tokens, wrong and expired ones; 401 says which', async () => {
  const data = fresh();
  const [write, read, old] = ['write-0123456789abcdef', 'read-0123456789abcdef', 'old-0123456789abcdef'];
  const tokenFile = join(data, 'tokens');
  writeFileSync(tokenFile, `write ${old} 2001-01-01\n`);
  const server = await TestServer.start(data, { token: write, readToken: read, tokenFile });
  try {
    const ask = async (token: string | null, method = 'GET', path = '/sessions') => {
      const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(server.api + path, { method, headers });
      const text = await answer.text();
      const type = answer.ok ? null : (JSON.parse(text) as ProblemBody).type.split(':').at(-1);
      return [answer.status, type, answer.headers.get('www-authenticate')];
    };
    expect(await ask(write)).toEqual([200, null, null]);
    expect(await ask(read)).toEqual([200, null, null]);
    expect(await ask(null)).toEqual([401, 'token-missing', 'Bearer realm="rootline"']);
    const invalid = 'Bearer realm="rootline", error="invalid_token"';
    expect(await ask('nobody-0123456789abcdef')).toEqual([401, 'token-unknown', invalid]);
    expect(await ask(old)).toEqual([401, 'token-expired', invalid]);
    expect(await ask(read, 'POST', '/sessions/1/pause')).toEqual([403, 'token-read-only', null]);
    expect(await ask(read, 'DELETE', '/sessions/1')).toEqual([403, 'token-read-only', null]);
    expect(await ask(write, 'DELETE', '/sessions/1')).toEqual([404, 'session-not-found', null]);
    expect((await fetch(`${server.server.url}/metrics`)).status).toBe(401);
    writeFileSync(tokenFile, `write ${old} 2101-01-01\n`);
    server.server.reloadTokens();
    expect(await ask(old)).toEqual([200, null, null]);
  } finally {
    await server.stop();
  }
});

test('who asks too much is told when to ask again; health goes on answering', async () => {
  const server = await TestServer.start(fresh(), { rate: 1, writeRate: 1 });
  try {
    // 100 times as much on loopback, two seconds' worth at once.
    const seen: Response[] = [];
    const client = async (): Promise<void> => {
      while (seen.every(({ status }) => status === 200)) {
        const answer = await fetch(`${server.api}/nothing`, { method: 'HEAD' });
        if (answer.status !== 404) seen.push(answer);
      }
    };
    await Promise.all(Array.from({ length: 20 }, client));
    expect(seen.map(({ status }) => status)).toContain(429);
    for (const { headers } of seen) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await fetch(`${server.server.url}/health/live`)).status).toBe(200);
  } finally {
    await server.stop();
  }
});

test('metrics count what was simulated, stored and answered', async () => {
  const server = await TestServer.start(fresh());
  try {
    const session = await server.run({ scenario: 'smi', protocol: 'v5.18' });
    await server.post(`/sessions/${session.id}/replay`, {});
    const answer = await fetch(`${server.server.url}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const figures = new Map(
      (await answer.text())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const at = line.lastIndexOf(' ');
          return [line.slice(0, at), Number(line.slice(at + 1))] as const;
        }),
    );
    expect(figures.get('rootline_steps_total')).toBe(session.steps);
    expect(figures.get('rootline_events_total')).toBe(session.events);
    expect(figures.get('rootline_rows_total')).toBe(session.stored);
    expect(figures.get('rootline_commits_total')).toBeGreaterThan(0);
    expect(figures.get('rootline_commit_lag_seconds')).toBeGreaterThan(0);
    for (const name of ['writer_queue', 'sessions_running', 'sessions_queued', 'readers']) {
      expect(figures.get(`rootline_${name}`), name).toBe(0);
    }
    const snapshots = ['hits', 'misses'].map((s) => figures.get(`rootline_snapshot_${s}_total`) ?? 0);
    expect(snapshots[0]! + snapshots[1]!).toBeGreaterThan(0);
    const created =
      'rootline_http_request_seconds_count{method="POST",route="/api/v1/sessions",status="201"}';
    expect(figures.get(created)).toBe(1);
    expect(figures.get('process_resident_memory_bytes')).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly sessionId?: string;
  readonly status?: number;
}

/** A server of its own process; its log in a file. */
async function served(data: string, ...flags: string[]) {
  const args = [PROGRAM, 'serve', '--port', '0', '--data', data, '--demo', 'off', '--log', 'debug', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    log += part;
  });
  const [first] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const url = /^page\s+(http:\S+?)\/?$/m.exec(first)![1]!;
  const lines = (): Line[] =>
    log
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  return { child, url, lines };
}

test('a log line names the request and the session; a sane X-Request-Id is kept', async () => {
  const { child, url, lines } = await served(fresh());
  const get = (id: string) => fetch(`${url}/api/v1/sessions/77`, { headers: { 'x-request-id': id } });
  expect((await get('from-the-proxy:1')).headers.get('x-request-id')).toBe('from-the-proxy:1');
  expect((await get('x'.repeat(200))).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect((await get('{"a":1}')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(lines()).toContainEqual(
    expect.objectContaining({ level: 'info', requestId: 'from-the-proxy:1', sessionId: '77', status: 404 }),
  );
});

test('a stop with open sockets: streams end, the session goes on later, exit code 0 within the grace', async () => {
  const data = fresh();
  const graceMs = 3_000;
  const { child, url } = await served(data, '--stop-grace', String(graceMs));
  const create = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(LONG),
  });
  const { id } = (await create.json()) as SessionView;
  const api = `${url}/api/v1/sessions/${id}`;
  const stored = async () => ((await (await fetch(api)).json()) as SessionView).stored;
  while ((await stored()) < 50_000) await sleep(20);
  const committed = await stored();
  // A stream that nobody reads, a connection that was kept, one that sent half a request, one that sent nothing.
  const port = Number(new URL(url).port);
  const stream = request(`${api}/events`, { headers: { accept: 'application/x-ndjson' } });
  stream.on('error', () => undefined);
  stream.end();
  const [answer] = (await once(stream, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  expect(answer.statusCode).toBe(200);
  answer.on('error', () => undefined);
  const sockets = ['GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n', 'POST /api', ''].map((text) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    if (text !== '') socket.write(text);
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const beganMs = performance.now();
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(performance.now() - beganMs).toBeLessThan(graceMs + 2_000);
  for (const socket of sockets) socket.destroy();
  stream.destroy();
  const after = JSON.parse(rootline(['show', id, '--data', data, '--json']).stdout) as SessionView;
  expect(after.state).toBe('interrupted');
  expect(after.stored).toBeGreaterThanOrEqual(committed);
  expect(readFileSync(join(data, 'events.sqlite')).length).toBeGreaterThan(0);
});
