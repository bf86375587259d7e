// Sessions over HTTP with a real store: created, listed, read, filtered, streamed, replayed, deleted.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RootView } from '../../src/core/projections/roots.js';
import type { VcpuView } from '../../src/core/projections/vcpus.js';
import type { VmView } from '../../src/core/projections/vms.js';
import type { ReplayResult } from '../../src/sessions/inspection/replay-result.js';
import { eventPage, replayResult, session, sessionPage } from '../../src/sessions/session.schemas.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import * as state from '../../src/sessions/state.schemas.js';
import type { ReadableEvent } from '../../src/store/readable-rows.js';
import { TestFolder, TestServer } from './server-under-test.js';

interface EventPage {
  readonly events: readonly ReadableEvent[];
  readonly next: number | null;
  readonly position: number;
}

const folder = new TestFolder();
let server: TestServer;
let full: SessionView;
let lifecycle: SessionView;

beforeAll(async () => {
  server = await TestServer.start(folder.path);
  const smi = { scenario: 'smi', protocol: 'v5.18', name: 'first' };
  [full, lifecycle] = await Promise.all([server.run(smi), server.run({ ...smi, recording: 'lifecycle' })]);
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

test('creating answers 201 with Location and the session, which starts at once and ends', async () => {
  const created = await server.post<SessionView>('/sessions', {
    scenario: 'smi',
    protocol: 'seed-draft',
    seed: 7,
  });
  expect(created.status).toBe(201);
  const { id } = created.body;
  expect(created.headers.get('location')).toBe(`/api/v1/sessions/${id}`);
  expect(created.body).toMatchObject({
    scenario: 'smi',
    protocol: 'seed-draft',
    seed: 7,
    scheduler: 'timed',
    recording: 'full',
  });
  const ended = await server.ended(id);
  expect(ended).toMatchObject({ state: 'finished', outcome: 'completed', rootAllocations: 2 });
});

test('a finished session has outcome, digest, counts and figures', () => {
  expect(full).toMatchObject({
    state: 'finished',
    outcome: 'completed',
    name: 'first',
    rootAllocations: 41,
    reason: null,
  });
  expect(full.digest).toMatch(/^[0-9a-f]{16}$/);
  expect(full.events).toBe(full.stored);
  expect(full.counts.smis).toBe(20);
  expect(full.allowed).toEqual(['fork', 'delete', 'replay']);
});

test('a lifecycle session has the same digests and stores less', () => {
  expect(lifecycle.digest).toBe(full.digest);
  expect(lifecycle.fullDigest).toBe(full.fullDigest);
  expect(lifecycle.events).toBe(full.events);
  expect(lifecycle.stored).toBeLessThan(full.stored / 4);
});

test('answers are what the OpenAPI document says: no field more, none less', async () => {
  const described = async (schema: z.ZodObject, path: string) => {
    const { body } = await server.get<object>(path);
    expect(z.strictObject(schema.shape).safeParse(body).error?.issues ?? [], path).toEqual([]);
  };
  for (const { id } of [full, lifecycle]) {
    await described(session, `/sessions/${id}`);
    await described(eventPage, `/sessions/${id}/events?limit=10`);
    await described(state.vms, `/sessions/${id}/vms`);
    await described(state.oneVm, `/sessions/${id}/vms/0`);
    await described(state.vcpus, `/sessions/${id}/vcpus`);
    await described(state.oneVcpu, `/sessions/${id}/vcpus/0`);
    await described(state.tdpMmus, `/sessions/${id}/tdp-mmus`);
    await described(state.oneTdpMmu, `/sessions/${id}/tdp-mmus/0`);
    await described(state.roots, `/sessions/${id}/tdp-mmus/0/roots`);
    const { body } = await server.post<object>(`/sessions/${id}/replay`);
    expect(z.strictObject(replayResult.shape).safeParse(body).error?.issues ?? []).toEqual([]);
  }
  await described(sessionPage, '/sessions');
});

test('the list is newest first, in pages, with filters', async () => {
  const ids: string[] = [];
  let cursor = '';
  for (;;) {
    const { body } = await server.get<{ sessions: SessionView[]; nextCursor: string | null }>(
      `/sessions?limit=2${cursor}`,
    );
    expect(body.sessions.length).toBeLessThanOrEqual(2);
    ids.push(...body.sessions.map((s) => s.id));
    if (body.nextCursor === null) break;
    cursor = `&cursor=${body.nextCursor}`;
  }
  expect(ids).toEqual([...ids].sort((a, b) => Number(b) - Number(a)));
  expect(new Set(ids).size).toBe(ids.length);
  const count = async (query: string) =>
    (await server.get<{ sessions: SessionView[] }>(`/sessions?${query}`)).body.sessions.length;
  expect(await count('protocol=v5.18')).toBe(2);
  expect(await count('protocol=seed-draft&scenario=smi&state=finished,failed')).toBe(1);
  expect(await count('state=paused')).toBe(0);
});

test('events come in gapless pages', async () => {
  const seen: number[] = [];
  for (let from: number | null = 1; from !== null; ) {
    const { body }: { body: EventPage } = await server.get<EventPage>(
      `/sessions/${full.id}/events?from=${from}&limit=3000`,
    );
    expect(body.position).toBe(full.stored);
    seen.push(...body.events.map((e) => e.position));
    from = body.next;
  }
  expect(seen).toEqual(Array.from({ length: full.stored }, (_, i) => i + 1));
});

test('filters by type, thread, subject and function select exactly their events', async () => {
  const all = await ndjson('');
  const pick = async (query: string): Promise<readonly ReadableEvent[]> => {
    const { body } = await server.get<EventPage>(`/sessions/${full.id}/events?limit=10000&${query}`);
    return body.events;
  };
  const cases: [string, (e: ReadableEvent) => boolean][] = [
    ['type=RootAllocated', (e) => e.type === 'RootAllocated'],
    ['type=RootAllocated,RootFreed', (e) => e.type === 'RootAllocated' || e.type === 'RootFreed'],
    ['thread=vcpu0&type=VcpuExited', (e) => e.thread === 'vcpu0' && e.type === 'VcpuExited'],
    ['subject=root:3', (e) => e.subject.kind === 'root' && e.subject.number === 3],
    ['subject=vm', (e) => e.subject.kind === 'vm'],
    ['function=kvm_mmu_reset_context', (e) => e.function === 'kvm_mmu_reset_context'],
  ];
  for (const [query, keep] of cases) {
    const wanted = all.filter(keep);
    expect(wanted.length, query).toBeGreaterThan(0);
    expect(await pick(query), query).toEqual(wanted);
  }
});

async function ndjson(query: string): Promise<ReadableEvent[]> {
  const answer = await fetch(`${server.api}/sessions/${full.id}/events?${query}`, {
    headers: { accept: 'application/x-ndjson' },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('application/x-ndjson');
  const text = await answer.text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ReadableEvent);
}

test('NDJSON gives every event, one a line, equal to the pages', async () => {
  const lines = await ndjson('');
  expect(lines.length).toBe(full.stored);
  const { body } = await server.get<EventPage>(`/sessions/${full.id}/events?from=100&limit=50`);
  expect(lines.slice(99, 149)).toEqual(body.events);
  expect(await ndjson('from=100&limit=50')).toEqual(body.events);
  expect((await ndjson('type=RootAllocated&limit=5')).length).toBe(5);
});

test('a client that goes away in the middle of a stream harms nobody', async () => {
  for (let i = 0; i < 40; i++) {
    const gone = new AbortController();
    const answer = await fetch(`${server.api}/sessions/${full.id}/events`, {
      headers: { accept: 'application/x-ndjson' },
      signal: gone.signal,
    });
    expect(answer.status).toBe(200);
    gone.abort();
  }
  expect((await ndjson('limit=1')).length).toBe(1);
});

test('both replays verify both recordings', async () => {
  for (const replayed of [full, lifecycle]) {
    const { status, body } = await server.post<ReplayResult>(`/sessions/${replayed.id}/replay`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ verified: true, firstDifference: null });
    expect(body.by.fold).toMatchObject({
      outcome: 'verified',
      rows: replayed.stored,
      compared: { with: 'snapshot' },
    });
    expect(body.by.schedule).toMatchObject({
      outcome: 'verified',
      rows: replayed.stored,
      digest: replayed.digest,
    });
  }
  const { body } = await server.post<ReplayResult>(`/sessions/${full.id}/replay`, { by: ['fold'] });
  expect(body).toMatchObject({ verified: true, by: { schedule: null } });
});

test('the modules show state: VMs, vCPUs, roots; what lifecycle did not keep is notRecorded', async () => {
  const stateOf = async <T>(id: string, path: string) =>
    (await server.get<T>(`/sessions/${id}/${path}`)).body;
  const { vms } = await stateOf<{ vms: VmView[] }>(full.id, 'vms');
  expect(vms).toMatchObject([{ vm: 0, state: 'destroyed', tdpMmuPages: 0 }]);
  expect((await stateOf<{ vms: VmView[] }>(lifecycle.id, 'vms')).vms).toMatchObject([
    { state: 'destroyed', tdpMmuPages: 'notRecorded' },
  ]);
  const { vcpus } = await stateOf<{ vcpus: VcpuView[] }>(lifecycle.id, 'vcpus');
  expect(vcpus).toMatchObject([{ vcpu: 0, vm: 0, root: null, mode: 'notRecorded' }]);
  const { roots } = await stateOf<{ roots: RootView[] }>(full.id, 'tdp-mmus/0/roots');
  expect(roots).toEqual([]);
  expect((await server.get(`/sessions/${full.id}/vms/5`)).status).toBe(404);
  expect((await server.get(`/sessions/${full.id}/tdp-mmus/0/roots/1`)).status).toBe(404);
});

test('findings are listed, and apart from them what the kernel reported', async () => {
  const { status, body } = await server.get<{ findings: unknown[] }>(`/sessions/${full.id}/findings`);
  expect(status).toBe(200);
  expect(body.findings.length).toBe(full.findings);
  const { id } = await server.run({ scenario: 'create-fails', protocol: 'seed-draft' });
  expect((await server.get(`/sessions/${id}/findings`)).body).toMatchObject({
    findings: [{ invariant: 'I29' }],
    assertions: [
      {
        assertion: 'LOCKDEP_HELD_WRITE',
        thread: 'main',
        function: 'kvm_tdp_mmu_invalidate_all_roots',
        label: 'lockdep_assert_held_write',
      },
    ],
  });
});

test('an idempotency key makes one session', async () => {
  const body = { scenario: 'smi', protocol: 'seed-draft' };
  const key = { 'idempotency-key': 'a-key' };
  const [first, second] = [
    await server.post<SessionView>('/sessions', body, key),
    await server.post<SessionView>('/sessions', body, key),
  ];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body.id).toBe(first.body.id);
  expect((await server.post('/sessions', { ...body, seed: 2 }, key)).status).toBe(409);
});

test('a deleted session is gone', async () => {
  const { id } = await server.run({ scenario: 'reset1', protocol: 'v5.18' });
  expect(await server.delete(`/sessions/${id}`)).toBe(204);
  expect((await server.get(`/sessions/${id}`)).status).toBe(404);
  expect((await server.get(`/sessions/${id}/events`)).status).toBe(404);
  expect(await server.delete(`/sessions/${id}`)).toBe(404);
});
