// Pause, resume, delete and restart in the middle of a run: the session ends with the digest of an uninterrupted one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RootView } from '../../src/core/projections/roots.js';
import type { ProblemBody } from '../../src/http/problem.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import { TestFolder, TestServer } from './server-under-test.js';

const LONG = { scenario: 'smi-heavy', protocol: 'v5.18', parameters: { smis: 150 } };
const folder = new TestFolder();
let server: TestServer;
let uninterrupted: SessionView;

beforeAll(async () => {
  server = await TestServer.start(folder.path);
  uninterrupted = await server.run(LONG);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

const sameEnd = (session: SessionView): void => {
  const { outcome, digest, fullDigest, events, stored, counts } = uninterrupted;
  expect(session).toMatchObject({ state: 'finished', outcome, digest, fullDigest, events, stored, counts });
};

test('twice the same request gives the same digest', async () => {
  sameEnd(await server.run(LONG));
});

test('a session paused and resumed again and again ends like one that never stopped', async () => {
  for (const recording of ['full', 'lifecycle']) {
    const { id } = await server.create({ ...LONG, recording });
    let pauses = 0;
    let at = 0;
    for (;;) {
      const moved = await server.until(id, (s) => s.stored > at || s.state === 'finished');
      if (moved.state === 'finished') break;
      const paused = await server.post<SessionView>(`/sessions/${id}/pause`);
      if (paused.status === 409) break;
      expect(paused.body).toMatchObject({ state: 'paused', outcome: null });
      pauses++;
      at = paused.body.stored;
      expect((await server.post<SessionView>(`/sessions/${id}/resume`)).status).toBe(200);
    }
    expect(pauses).toBeGreaterThan(0);
    const ended = await server.ended(id);
    expect(ended).toMatchObject({
      digest: uninterrupted.digest,
      fullDigest: uninterrupted.fullDigest,
      counts: uninterrupted.counts,
    });
    const { body } = await server.post<ReplayResult>(`/sessions/${id}/replay`);
    expect(body).toMatchObject({ verified: true, firstDifference: null });
  }
});

test('a paused session shows its live roots, and replays as far as it is', async () => {
  const { id } = await server.create(LONG);
  await server.until(id, (s) => s.stored > 0);
  const paused = await server.post<SessionView>(`/sessions/${id}/pause`);
  expect(paused.body.allowed).toEqual(['resume', 'step', 'command', 'cancel', 'fork', 'delete', 'replay']);
  const { body } = await server.get<{ position: number; roots: RootView[] }>(
    `/sessions/${id}/tdp-mmus/0/roots`,
  );
  expect(body.position).toBe(paused.body.stored);
  expect(body.roots.length).toBeGreaterThan(0);
  for (const root of body.roots) {
    const { vcpu, iterator, tdpMmu, work } = root.holders;
    expect(vcpu + iterator + tdpMmu + work, JSON.stringify(root)).toBe(root.refcount);
    expect(root.role.text).toMatch(/^4-level( SMM)?( invalid)?$/);
  }
  const replayed = await server.post<ReplayResult>(`/sessions/${id}/replay`);
  expect(replayed.body).toMatchObject({ verified: true, by: { schedule: { rows: paused.body.stored } } });
  expect(await server.delete(`/sessions/${id}`)).toBe(204);
});

test('commands that the state forbids are answered with what it allows', async () => {
  for (const command of ['pause', 'resume']) {
    const { status, body } = await server.post<ProblemBody>(`/sessions/${uninterrupted.id}/${command}`);
    expect(status).toBe(409);
    expect(body).toMatchObject({
      type: 'urn:rootline:problem:state-conflict',
      expected: ['fork', 'delete', 'replay'],
    });
    expect((await server.post(`/sessions/999/${command}`)).status).toBe(404);
  }
});

test('deleting a running session stops it', async () => {
  const { id } = await server.create({ ...LONG, parameters: { smis: 100_000 } });
  await server.until(id, (s) => s.stored > 0);
  expect(await server.delete(`/sessions/${id}`)).toBe(204);
  expect((await server.get(`/sessions/${id}`)).status).toBe(404);
  sameEnd(await server.run(LONG));
});

test('a stopped server interrupts; started again, its sessions go on by themselves', async () => {
  const running = await server.create(LONG);
  await server.until(running.id, (s) => s.stored > 0);
  const others = await Promise.all([1, 2, 3, 4].map(() => server.create(LONG)));
  await server.stop();
  server = await TestServer.start(folder.path);
  // They may still be `interrupted` when the server already answers.
  for (const { id } of [running, ...others]) {
    sameEnd(await server.until(id, ({ state }) => state === 'finished' || state === 'failed'));
  }
});
