// Time travel and notes over HTTP and from the command line. Every answer is held against the OpenAPI document.

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RootView } from '../../src/core/projections/roots.js';
import type { StateView } from '../../src/core/projections/state.js';
import type { EntryView } from '../../src/core/projections/tables.js';
import type { TimelineView } from '../../src/core/projections/timeline-view.js';
import type { ProblemBody } from '../../src/http/problem.js';
import type { ChangesReply } from '../../src/sessions/inspection/orders/changes.order.js';
import type { SeekReply } from '../../src/sessions/inspection/orders/seek.order.js';
import type { SessionView } from '../../src/sessions/session.view.js';
import type { NoteRecord } from '../../src/store/notes.port.js';
import { documentOf, rootline } from './cli-support.js';
import { TestFolder, TestServer } from './server-under-test.js';

const folder = new TestFolder();
let server: TestServer;
let full: SessionView;
let lifecycle: SessionView;

beforeAll(async () => {
  server = await TestServer.start(folder.path);
  full = await server.run({ scenario: 'smi', protocol: 'v5.18' });
  lifecycle = await server.run({ scenario: 'smi', protocol: 'v5.18', recording: 'lifecycle' });
});
afterAll(async () => {
  await server.stop();
  folder.remove();
});

test('the state at a position, whole and by aggregate, is one state', async () => {
  const at = full.stored >> 1;
  const { body: whole } = await server.get<StateView>(`/sessions/${full.id}/state?at=${at}`);
  expect(whole).toMatchObject({ position: at, ordinal: at, recording: 'full' });
  const [root] = whole.roots;
  const { body: alone } = await server.get<RootView>(
    `/sessions/${full.id}/tdp-mmus/0/roots/${root!.root}?at=${at}`,
  );
  expect(alone).toMatchObject(root!);
  const { body: sameTime } = await server.get<StateView>(
    `/sessions/${full.id}/state?timeNs=${Math.max(...whole.threads.map((t) => t.lastEvent?.timeNs ?? 0))}`,
  );
  expect(sameTime.position).toBeGreaterThanOrEqual(at);
  const { body: vms } = await server.get<{ vms: StateView['vms'] }>(`/sessions/${full.id}/vms?at=${at}`);
  expect(vms.vms).toEqual(whole.vms);
});

test('entries of tables and translation caches come in pages, when they are asked for', async () => {
  const live = await server.get<SeekReply>(`/sessions/${full.id}/seek?from=0&type=RootUnlinked`);
  const at = live.body.position! - 1;
  const { body: state } = await server.get<StateView>(`/sessions/${full.id}/state?at=${at}`);
  const root = state.roots.find((r) => (r.presentSptes as number) > 0)!;
  const path = `/sessions/${full.id}/tdp-mmus/0/roots/${root.root}?at=${at}&limit=2`;
  const entries: EntryView[] = [];
  for (let next: number | null = 0; next !== null; ) {
    const { body }: { body: { entries: EntryView[]; nextEntry: number | null } } = await server.get(
      `${path}&entries=${next}`,
    );
    expect(body.entries.length).toBeLessThanOrEqual(2);
    entries.push(...body.entries);
    next = body.nextEntry;
  }
  const present = entries.filter(({ text }) => text.startsWith('table') || text.startsWith('pfn'));
  const levels = root.tables as readonly { presentSptes: number }[];
  expect(present.length).toBe(levels.reduce((sum, level) => sum + level.presentSptes, 0));
  const { body: vcpu } = await server.get<{ entries: unknown[] }>(
    `/sessions/${full.id}/vcpus/0?at=${at}&entries=0`,
  );
  expect(Array.isArray(vcpu.entries)).toBe(true);
});

test('what lifecycle did not keep is notRecorded, and a predicate on it is refused', async () => {
  const { body } = await server.get<StateView>(`/sessions/${lifecycle.id}/state?at=200`);
  expect([body.clocks, body.locks, body.rcu, body.tlbs]).toEqual(Array(4).fill('notRecorded'));
  expect(body.threads[0]).toMatchObject({ stack: 'notRecorded', name: 'main' });
  const when = encodeURIComponent('threads.vcpu0.rcuNesting > 0');
  const refused = await server.get<ProblemBody>(`/sessions/${lifecycle.id}/seek?from=0&when=${when}`);
  expect([refused.status, refused.body.type]).toEqual([422, 'urn:rootline:problem:not-recorded']);
});

test('seeks, changes and timelines answer over HTTP', async () => {
  const until = encodeURIComponent('tdp-mmus.0.roots.1.refcount == 0');
  const { body: died } = await server.get<SeekReply>(`/sessions/${full.id}/seek?from=0&when=${until}`);
  expect(died.event).toMatchObject({ type: 'RootPut', subject: { kind: 'root', number: 1 } });
  const { body: changes } = await server.get<ChangesReply>(
    `/sessions/${full.id}/changes?from=${died.position! - 1}&to=${died.position}&under=tdp-mmus.0.roots.1`,
  );
  expect(changes.changes).toContainEqual({ path: 'tdp-mmus.0.roots.1.refcount', before: 1, after: 0 });
  const { body: timeline } = await server.get<TimelineView>(
    `/sessions/${full.id}/timeline?width=50&lanes=threads,roots`,
  );
  expect(timeline.buckets.reduce((sum, { events }) => sum + events, 0)).toBe(full.stored);
});

test.each([
  ['state?at=99999999', 422, 'position-outside'],
  ['state?at=-1', 400, 'bad-query'],
  ['state?at=1&timeNs=1', 422, 'at-and-time'],
  ['seek?from=0', 422, 'no-breakpoint'],
  ['seek?from=0&step=event&type=RootPut', 422, 'step-or-until'],
  ['seek?from=0&when=vms.0.roots+%3D%3D', 422, 'bad-predicate'],
  ['changes?from=1', 400, 'bad-query'],
  ['timeline?width=99999', 400, 'bad-query'],
  ['timeline?lanes=cpus', 422, 'unknown-lane'],
  ['notes/7', 404, 'not-found'],
])('%s is %i %s', async (path, status, problem) => {
  const answer = await server.get<ProblemBody>(`/sessions/${full.id}/${path}`);
  expect([answer.status, answer.body.type]).toEqual([status, `urn:rootline:problem:${problem}`]);
});

test('notes outlive a restart, and go with their session; the command line sees the same', async () => {
  const { id } = await server.run({ scenario: 'smi', protocol: 'v6.4' });
  const notes = `/sessions/${id}/notes`;
  const first = (await server.post<NoteRecord>(notes, { position: 10, text: 'a root is born' })).body;
  expect((await server.post<ProblemBody>(notes, { position: 1e9, text: 'x' })).status).toBe(422);
  expect((await server.post<ProblemBody>(notes, { position: 1, text: '  ' })).status).toBe(422);
  await server.stop();
  const data = ['--data', folder.path];
  const added = rootline(['note', id, 'look here', '--at', '5', '--bookmark', '--json', ...data]);
  expect(documentOf(added)).toMatchObject({ kind: 'bookmark', position: 5 });
  const part = rootline(['state', id, 'vms.0.state', '--at', '100', '--json', ...data]);
  expect(documentOf(part)).toMatchObject({ position: 100, value: 'live' });
  const back = rootline(['seek', id, '--from', '100', '--back', '--step', 'event', '--json', ...data]);
  expect(documentOf(back)).toMatchObject({ found: true, position: 99 });
  expect(rootline(['state', id, '--at', '100', '--time', '5', ...data]).code).toBe(2);
  server = await TestServer.start(folder.path);
  const { body } = await server.get<{ notes: NoteRecord[] }>(notes);
  expect(body.notes.map(({ text }) => text)).toEqual(['look here', 'a root is born']);
  expect(await server.delete(`${notes}/${first.id}`)).toBe(204);
  expect(await server.delete(`/sessions/${id}`)).toBe(204);
  await server.stop();
  const db = new Database(join(folder.path, 'rootline.sqlite'), { readonly: true });
  expect(db.prepare('SELECT count(*) FROM note').pluck().get()).toBe(0);
  db.close();
  server = await TestServer.start(folder.path);
});
