// Long work as jobs, and requests that come twice: what a client may rely on when it does not wait, or lost the answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobView } from '../../src/jobs/job-service.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { OpenApiCheck, type OpenApiDocument } from './openapi-check.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
let session: SessionView;
beforeAll(async () => {
  server = await TestServer.start(folder.path);
  session = await server.run({ scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 600 } });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const ASYNC = { prefer: 'respond-async' };
const replay = (headers: Record<string, string>, body: object = {}) =>
  server.post<JobView>(`/sessions/${session.id}/replay`, body, headers);

async function ended(id: string): Promise<JobView> {
  for (;;) {
    const { body } = await server.get<JobView>(`/jobs/${id}`);
    if (body.state !== 'queued' && body.state !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a replay as a job: 202, progress, the same result as while waiting', async () => {
  const waited = await server.post<ReplayResult>(`/sessions/${session.id}/replay`, {});
  expect(waited.status).toBe(200);
  const accepted = await replay(ASYNC);
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get('location')).toBe(`/api/v1/jobs/${accepted.body.id}`);
  expect(accepted.headers.get('preference-applied')).toBe('respond-async');
  const job = await ended(accepted.body.id);
  expect(job).toMatchObject({ kind: 'replay', state: 'finished', error: null, allowed: [] });
  expect(job.result).toEqual(waited.body);
  expect(job.progress).toMatchObject({ of: session.stored });
  const again = await server.post(`/jobs/${job.id}/cancel`, {});
  expect(again.status).toBe(409);
  expect((await server.get('/jobs/999999')).status).toBe(404);
});

test('cancel stops jobs that run and jobs that wait', async () => {
  const jobs: JobView[] = [];
  for (let i = 0; i < 4; i++) jobs.push((await replay(ASYNC)).body);
  for (const { id } of jobs.toReversed()) {
    const { status, body } = await server.post<JobView>(`/jobs/${id}/cancel`, {});
    // One that was quicker than its cancel says so.
    expect([200, 409]).toContain(status);
    expect(status === 200 ? body.state : 'cancelled').toBe('cancelled');
  }
  for (const { id } of jobs) expect(['cancelled', 'finished']).toContain((await ended(id)).state);
});

test('the same Idempotency-Key gives the same answer, also at the same time and after a restart', async () => {
  const key = { ...ASYNC, 'idempotency-key': 'replay-1' };
  const answers = await Promise.all([replay(key), replay(key), replay(key)]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
  expect(replayed).toHaveLength(2);
  expect((await replay(key, { by: ['fold'] })).status).toBe(409);
  expect((await replay({ ...ASYNC, 'idempotency-key': 'with space' })).status).toBe(400);
  await ended(answers[0].body.id);
  await server.stop();
  server = await TestServer.start(folder.path);
  const later = await replay(key);
  expect([later.status, later.body.id]).toEqual([202, answers[0].body.id]);
  expect(later.headers.get('location')).toBe(`/api/v1/jobs/${later.body.id}`);
  const create = { scenario: 'smi', protocol: 'v5.18' };
  const made = await server.post<SessionView>('/sessions', create, { 'idempotency-key': 's' });
  const twice = await server.post<SessionView>('/sessions', create, { 'idempotency-key': 's' });
  expect([made.status, twice.status, twice.body.id]).toEqual([201, 201, made.body.id]);
});

test('a job that was under way goes on after a restart', async () => {
  const { body } = await replay(ASYNC);
  await server.stop();
  server = await TestServer.start(folder.path);
  expect(await ended(body.id)).toMatchObject({ state: 'finished', result: { verified: true } });
});

test('Link headers lead through lists and events, page by page', async () => {
  const walk = async (first: string, rel: 'next' | 'prev') => {
    const pages: string[] = [];
    for (let path: string | undefined = first; path !== undefined; ) {
      const answer = await fetch(server.server.url + path);
      pages.push(await answer.text());
      const link = answer.headers.get('link') ?? '';
      path = new RegExp(`<([^>]+)>; rel="${rel}"`).exec(link)?.[1];
    }
    return pages.map((page) => JSON.parse(page) as Record<string, { id?: string; position?: number }[]>);
  };
  const jobs = await walk('/api/v1/jobs?limit=2', 'next');
  const all = await server.get<{ jobs: JobView[] }>('/jobs?limit=100');
  expect(jobs.length).toBeGreaterThan(2);
  expect(jobs.flatMap((page) => page['jobs']!.map(({ id }) => id))).toEqual(
    all.body.jobs.map(({ id }) => id),
  );
  const events = `/api/v1/sessions/${session.id}/events`;
  const to = 2_500;
  const pages = await walk(`${events}?limit=1000&to=${to}`, 'next');
  const positions = pages.flatMap((page) => page['events']!.map(({ position }) => position!));
  expect(positions).toEqual(Array.from({ length: to }, (_, i) => i + 1));
  const back = await walk(`${events}?limit=1000&from=2001&to=${to}`, 'prev');
  expect(back).toHaveLength(3);
});

test('the check of answers bites', async () => {
  const { body } = await server.get<OpenApiDocument>('/openapi.json');
  const check = new OpenApiCheck(body);
  const json = 'application/json; charset=utf-8';
  const good = { method: 'GET', path: '/health/live', status: 200, type: json, text: '{"status":"ok"}' };
  check.check(good);
  const bad: [differs: Partial<typeof good>, complaint: RegExp][] = [
    [{ text: '{"status":"well"}' }, /not as described/],
    [{ text: '{"status":"ok","more":1}' }, /not as described/],
    [{ type: 'text/plain' }, /the document has application\/json/],
    [{ status: 299 }, /no such status/],
    [{ path: '/api/v1/nothing' }, /no such route/],
    [{ path: '/api/v1/sessions/1', status: 404 }, /the document has application\/problem/],
  ];
  for (const [differs, complaint] of bad) {
    expect(() => check.check({ ...good, ...differs })).toThrow(complaint);
  }
  const line = {
    method: 'GET',
    path: '/api/v1/sessions/1/events',
    status: 200,
    type: 'application/x-ndjson',
  };
  expect(() => check.check({ ...line, text: '{"position":1}\n' })).toThrow(/not as described/);
});
