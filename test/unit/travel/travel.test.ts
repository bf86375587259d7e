// Moving through a stored session: wherever one comes from, a position is the same state; continues stop where the rows
// say that they must.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { E } from '../../../src/core/events/catalogue.js';
import type { StoredColumns } from '../../../src/core/run/contract.js';
import type { SeekRequest } from '../../../src/sessions/inspection/orders/seek.order.js';
import { InspectionService } from '../../../src/sessions/inspection.service.js';
import { MemoryEventStore } from '../../../src/store/memory/memory-event-store.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

const store = new MemoryEventStore();
const travel = new InspectionService(store);
let rows: StoredColumns;
let id: string;

beforeAll(async () => {
  const sim = simulation({ scenario: 'smi', protocol: 'v5.18' });
  const session = await store.createSession(sim.manifest, 'simulated', { state: 'running' });
  id = session.id;
  const chunks = runToEnd(sim);
  rows = concatColumns(chunks);
  for (const chunk of chunks) await store.append(id, chunk);
});
afterAll(async () => {
  await travel.stop();
  await store.close();
});

/** Every stop from `from` on, each call going on from the stop before. */
async function stops(
  until: SeekRequest['until'],
  direction: SeekRequest['direction'],
  from: number,
  limit = 1_000,
): Promise<number[]> {
  const found: number[] = [];
  for (let at = from; ; ) {
    const reply = await travel.ask('seek', { sessionId: id, from: at, direction, until, limit });
    if (reply.position !== null) found.push(reply.position);
    const next = reply.position ?? reply.next;
    if (next === null) return found;
    at = next;
  }
}

test('a position is the same state from wherever one comes: from the start, from ahead, from a snapshot', async () => {
  const end = rows.length;
  const forth: unknown[] = [];
  const places = Array.from({ length: 40 }, (_, k) => (k * 7_919) % (end + 1));
  for (const at of places.toSorted((x, y) => x - y)) forth.push(await travel.state(id, { at }));
  const fresh = new InspectionService(store);
  for (const at of places) {
    const here = await fresh.state(id, { at });
    expect(here).toEqual(forth.find((state) => (state as { position: number }).position === at));
    expect([here.position, here.ordinal]).toEqual([at, at]);
    expect(here.timeNs).toBe(at === 0 ? 0 : rows.timeNs[at - 1]);
  }
  expect(await fresh.state(id, { at: 0 })).toMatchObject({ vms: [], roots: [], workItems: [], timeNs: 0 });
  await fresh.stop();
});

test('accounts add up to the time that the machine booked, and threads stand where their last event says', async () => {
  const { counts } = (await store.getSession(id)).progress!;
  const state = await travel.state(id);
  expect(state.clocks).toEqual({ guestNs: counts.guestNs, hostNs: counts.hostNs, outerNs: counts.outerNs });
  const vcpu0 = state.threads.find(({ name }) => name === 'vcpu0')!;
  const last = rows.thread.lastIndexOf(vcpu0.thread);
  expect(vcpu0.lastEvent).toEqual({ position: last + 1, timeNs: rows.timeNs[last] });
});

test('a changing field stops a continue at every event that changes it, both ways', async () => {
  const root = 2;
  const changes: number[] = [];
  let refcount: number | null = null;
  for (let i = 0; i < rows.length; i++) {
    if (rows.subject[i] !== root * 16 + 3) continue;
    const type = rows.type[i];
    let now: number | null = refcount;
    if (type === E.RootAllocated || type === E.RootGot || type === E.RootPut || type === E.RootResurrected)
      now = rows.b[i];
    else if (type === E.RootFreed) now = null;
    if (now !== refcount) changes.push(i + 1);
    refcount = now;
  }
  expect(changes.length).toBeGreaterThan(10);
  const until = { change: `tdp-mmus.0.roots.${root}.refcount` };
  expect(await stops(until, 'forward', 0)).toEqual(changes);
  expect(await stops(until, 'backward', rows.length + 0)).toEqual(
    changes.filter((p) => p < rows.length).reverse(),
  );
  const byWorker = await stops({ ...until, thread: 'kworker0' }, 'forward', 0);
  expect(byWorker).toEqual(changes.filter((p) => rows.thread[p - 1] === 2));
});

test('a predicate stops where it becomes true; event conditions where all of them hold', async () => {
  const invalidated = await stops({ when: 'tdp-mmus.0.roots.2.role.invalid and 1 + 1 == 2' }, 'forward', 0);
  const expected = rows.type.findIndex(
    (type, i) => type === E.RootInvalidated && rows.subject[i] === 2 * 16 + 3,
  );
  expect(invalidated).toEqual([expected + 1]);
  const puts = [...rows.type.keys()].filter((i) => rows.type[i] === E.RootPut && rows.thread[i] === 1);
  expect(await stops({ type: 'RootPut', thread: 'vcpu0' }, 'forward', 0)).toEqual(puts.map((i) => i + 1));
  expect(await stops({ type: 'RootPut', thread: 'vcpu0' }, 'backward', rows.length)).toEqual(
    puts.map((i) => i + 1).reverse(),
  );
});

test('a step back undoes a step, and every step ends where its events do', async () => {
  const ask = (from: number, direction: SeekRequest['direction'], step: 'event' | 'step' | 'function') =>
    travel.ask('seek', { sessionId: id, from, direction, step, until: {}, limit: 100_000 });
  let at = 0;
  const ends = [0];
  for (let k = 0; k < 60; k++) {
    at = (await ask(at, 'forward', 'step')).position!;
    ends.push(at);
    const same = (p: number, q: number): boolean =>
      rows.thread[p] === rows.thread[q] && rows.site[p] === rows.site[q];
    expect(same(at - 1, at)).toBe(false);
  }
  for (let k = ends.length - 2; k >= 0; k--) {
    at = (await ask(at, 'backward', 'step')).position!;
    expect(at).toBe(ends[k]);
  }
  const called = (await ask(500, 'forward', 'function')).position!;
  expect(rows.thread[called - 1]).toBe(rows.thread[499]);
  expect(await ask(rows.length, 'forward', 'event')).toMatchObject({ found: false, next: null });
});

test('what changed between two positions is what the states there differ in', async () => {
  const allocated = rows.type.indexOf(E.RootAllocated) + 1;
  const { changes } = await travel.ask('changes', { sessionId: id, from: allocated - 1, to: allocated });
  const of = (path: string) => changes.find((change) => change.path === path);
  expect(of('tdp-mmus.0.roots.1')).toMatchObject({ before: null, after: { refcount: 1, listed: false } });
  expect(of('clocks.hostNs')).toBeDefined();
  const same = await travel.ask('changes', { sessionId: id, from: allocated, to: allocated });
  expect(same.changes).toEqual([]);
});

test.each([
  [{ when: 'tdp-mmus.0.roots.3.refcont == 1' }, /"refcont" is unknown at column 20; expected root, vm/],
  [{ when: 'vms.0.roots ==' }, /at column 15 expected a path, a number/],
  [{ when: 'vms.0.roots == 1 )' }, /at column 18 expected "and", "or" or the end/],
  [{ when: '('.repeat(40) }, /at most 16 brackets/],
  [{ when: `${'vms.0.roots + '.repeat(40)}1` }, /MAX_PREDICATE_CHARS/],
  [{ when: 'process.exit(1)' }, /expected position, ordinal/],
  [{ change: 'vms.9.roots' }, /a number from 0 to 0/],
  [{ change: 'threads.nobody.stack' }, /expected main, vcpu0/],
  [{ function: 'kvm_no_such' }, /no function "kvm_no_such"/],
  [{ type: 'RootPutt' }, /no event type/],
  [{ finding: 'I99' }, /no finding "I99"; expected one of.*I1, I2, I3/],
  [{}, /something to stop at/],
])('%j is refused with what was expected', async (until, message) => {
  await expect(
    travel.ask('seek', { sessionId: id, from: 0, direction: 'forward', until, limit: 10 }),
  ).rejects.toThrow(message);
});

test('positions outside, and both a position and a time, are refused; a time is before the first later event', async () => {
  await expect(travel.state(id, { at: rows.length + 1 })).rejects.toMatchObject({ code: 'position-outside' });
  await expect(travel.state(id, { at: 1, timeNs: 1 })).rejects.toMatchObject({ code: 'at-and-time' });
  const timeNs = rows.timeNs[rows.length >> 1]!;
  const { position } = await travel.state(id, { timeNs });
  expect(rows.timeNs.findIndex((t) => t > timeNs)).toBe(position);
});
