// What the server refuses: bad input, wrong hosts, foreign pages, missing tokens, a second owner, too much at once.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_BODY_BYTES, MAX_EVENTS_PAGE } from '../../src/config/limits.js';
import { checkSettings, DEFAULT_SETTINGS } from '../../src/config/settings.js';
import type { ProblemBody } from '../../src/http/problem.js';
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

const GOOD = { scenario: 'smi-heavy', protocol: 'v5.18' };

test('bad bodies are problems that say what was expected', async () => {
  const cases: [body: unknown, status: number, type: string, expected?: string][] = [
    [{}, 400, 'bad-body', 'scenario'],
    [[], 400, 'bad-body'],
    ['text', 400, 'bad-body'],
    [null, 400, 'bad-body'],
    [{ ...GOOD, sede: 3 }, 400, 'unknown-field', 'seed'],
    [{ ...GOOD, seed: -1 }, 400, 'bad-body'],
    [{ ...GOOD, seed: 1.5 }, 400, 'bad-body'],
    [{ ...GOOD, seed: 1e300 }, 400, 'bad-body'],
    [{ ...GOOD, name: 'x'.repeat(1_000) }, 400, 'bad-body'],
    [{ ...GOOD, protocol: 'v4.0' }, 422, 'unknown-protocol', 'v5.18'],
    [{ ...GOOD, scenario: 'none' }, 422, 'unknown-scenario', 'smi'],
    [{ ...GOOD, scenario: '__proto__' }, 422, 'unknown-scenario', 'smi'],
    [{ ...GOOD, parameters: { smi: 1 } }, 422, 'unknown-parameter', 'smis'],
    [{ ...GOOD, parameters: { smis: 100_001 } }, 422, 'parameter-range'],
    [{ ...GOOD, parameters: { smis: 'many' } }, 422, 'parameter-range'],
    [{ ...GOOD, parameters: { constructor: 1 } }, 422, 'unknown-parameter'],
    [{ ...GOOD, scheduler: 'fair' }, 422, 'unknown-scheduler', 'random'],
    [{ ...GOOD, scheduler: 'scripted' }, 422, 'scripted-scheduler'],
    [{ ...GOOD, recording: 'none' }, 422, 'unknown-recording', 'lifecycle'],
    [{ ...GOOD, costs: { coffee: 1 } }, 422, 'unknown-cost'],
    [{ ...GOOD, costs: { ipi: -1 } }, 422, 'cost-range'],
    [{ ...GOOD, limits: { virtualNs: 0 } }, 422, 'limit-range'],
  ];
  for (const [body, status, type, expected] of cases) {
    const text = JSON.stringify(body).slice(0, 100);
    const answer = await server.post<ProblemBody>('/sessions', body);
    expect([answer.status, answer.body.type], text).toEqual([status, `urn:rootline:problem:${type}`]);
    expect(answer.headers.get('content-type'), text).toContain('application/problem+json');
    expect(answer.body.status).toBe(status);
    expect(answer.body.title.length * answer.body.detail.length).toBeGreaterThan(0);
    expect(answer.body.expected, text).toEqual(
      expect.arrayContaining(expected === undefined ? [] : [expected]),
    );
  }
  expect((await server.get<{ sessions: unknown[] }>('/sessions')).body.sessions).toEqual([]);
});

test('broken JSON, other types and large bodies', async () => {
  const send = async (body: string, type: string) => {
    const answer = await fetch(`${server.api}/sessions`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    });
    return [answer.status, ((await answer.json()) as ProblemBody).type.split(':').at(-1)];
  };
  expect(await send('{"scenario":', 'application/json')).toEqual([400, 'bad-request']);
  expect(await send('{"__proto__":{"x":1}}', 'application/json')).toEqual([400, 'bad-request']);
  expect(await send('', 'application/json')).toEqual([400, 'bad-body']);
  expect(await send('scenario=smi', 'application/x-www-form-urlencoded')).toEqual([
    415,
    'unsupported-media-type',
  ]);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const refused = await fetch(`${server.api}/sessions`, { method: 'POST', body: 'x', headers: form });
  expect(((await refused.json()) as ProblemBody).expected).toContain('application/json');
  expect(await send('x'.repeat(MAX_BODY_BYTES + 1), 'application/json')).toEqual([413, 'body-too-large']);
});

test('bad queries and addresses', async () => {
  const { id } = await server.run({ scenario: 'smi', protocol: 'seed-draft' });
  const cases: [path: string, status: number][] = [
    ['/sessions?limit=0', 400],
    ['/sessions?limit=1000000', 400],
    ['/sessions?limit=-1', 400],
    ['/sessions?limit=1&limit=2', 400],
    ['/sessions?cursor=x', 400],
    ['/sessions?state=sleeping', 400],
    ['/sessions?colour=red', 400],
    [`/sessions/${id}/events?type=Nothing`, 400],
    [`/sessions/${id}/events?thread=vcpu99`, 400],
    [`/sessions/${id}/events?subject=moon:1`, 400],
    [`/sessions/${id}/events?subject=root:999999999`, 400],
    [`/sessions/${id}/events?from=-1`, 400],
    [`/sessions/${id}/events?from=1e3`, 400],
    [`/sessions/${id}/events?limit=${MAX_EVENTS_PAGE + 1}`, 400],
    ['/sessions/0', 404],
    ['/sessions/1%00', 404],
    ['/sessions/99999999999999999999', 404],
    ['/nothing', 404],
    [`/sessions?protocol=${'x'.repeat(5_000)}`, 414],
  ];
  for (const [path, status] of cases) {
    const { status: got, headers } = await server.get(path);
    expect([path.slice(0, 60), got]).toEqual([path.slice(0, 60), status]);
    expect(headers.get('content-type')).toContain('application/problem+json');
  }
  expect(
    (await server.get<{ events: unknown[] }>(`/sessions/${id}/events?from=99999999`)).body.events,
  ).toEqual([]);
});

test('hosts that are not ours are refused (DNS rebinding)', async () => {
  const path = '/api/v1/sessions';
  for (const host of ['localhost', 'localhost:3000', '127.0.0.1:1', '[::1]:3000']) {
    expect((await server.raw('GET', path, { host })).status, host).toBe(200);
  }
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'localhost@evil',
  ]) {
    expect((await server.raw('GET', path, { host })).status, host).toBe(421);
    expect((await server.raw('GET', '/', { host })).status, host).toBe(421);
  }
});

test('pages from elsewhere change nothing', async () => {
  const own = `127.0.0.1:${server.server.port}`;
  const remove = async (headers: Record<string, string>) =>
    (await server.raw('DELETE', '/api/v1/sessions/999', { host: own, ...headers })).status;
  expect(await remove({})).toBe(404);
  expect(await remove({ origin: `http://${own}` })).toBe(404);
  for (const origin of ['http://evil.example', 'null', `http://${own}.evil.example`, 'http://127.0.0.1:1']) {
    expect(await remove({ origin }), origin).toBe(403);
  }
  expect(await remove({ 'sec-fetch-site': 'cross-site' })).toBe(403);
  const answer = await fetch(`${server.api}/sessions`, { headers: { origin: 'http://evil.example' } });
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  expect(
    (await server.raw('OPTIONS', '/api/v1/sessions', { host: own, origin: 'http://evil.example' })).status,
  ).toBe(403);
});

test('beyond loopback a token is needed, to start and to ask', async () => {
  const open = { ...DEFAULT_SETTINGS, host: '0.0.0.0' };
  expect(() => checkSettings(open)).toThrow(/ROOTLINE_TOKEN/);
  const other = new TestFolder();
  const token = 'correct horse battery'.replaceAll(' ', '-');
  const guarded = await TestServer.start(other.path, { host: '0.0.0.0', token });
  try {
    const host = `127.0.0.1:${guarded.server.port}`;
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await guarded.raw('GET', path, { host, ...headers })).status;
    expect(await status('/api/v1/sessions')).toBe(401);
    expect(await status('/api/v1/sessions', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await status(`/api/v1/sessions?token=${token}`)).toBe(401);
    expect(await status('/api/v1/sessions', { authorization: `Bearer ${token}` })).toBe(200);
    expect(await status('/health/ready')).toBe(200);
    expect(await status('/')).toBe(200);
    expect(await status('/api/v1/sessions', { host: 'evil.example', authorization: `Bearer ${token}` })).toBe(
      421,
    );
  } finally {
    await guarded.stop();
    other.remove();
  }
});

test('a second owner of the data folder is told who has it', async () => {
  await expect(TestServer.start(folder.path)).rejects.toThrow(
    `is in use by process ${process.pid} on http://127.0.0.1:${server.server.port}`,
  );
  expect((await server.get('/sessions')).status).toBe(200);
});

test('a port that is taken is an error, and the data folder is free again', async () => {
  const other = new TestFolder();
  await expect(TestServer.start(other.path, { port: server.server.port })).rejects.toThrow('EADDRINUSE');
  await (await TestServer.start(other.path)).stop();
  other.remove();
});
