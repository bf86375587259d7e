// Timelines: whatever they are summed up from, every event is counted once, in its bucket and its lanes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from '../../../src/core/aggregates/world.js';
import { ByteWriter } from '../../../src/core/base/varint.js';
import { CATALOGUE, E } from '../../../src/core/events/catalogue.js';
import { MEMSLOT_TYPES } from '../../../src/core/projections/memslot-updates.js';
import { ROOT_COUNTED, ROOT_STATE, ROOT_STATES } from '../../../src/core/projections/root-span.js';
import type { RootView } from '../../../src/core/projections/roots.js';
import type { StateView } from '../../../src/core/projections/state.js';
import {
  BUCKETS_FORM,
  type BucketVisitor,
  readableBuckets,
  readBuckets,
  TIMELINE_KINDS,
  TIMELINE_UNITS,
  timelineKindOf,
} from '../../../src/core/projections/timeline.js';
import {
  LaneChoice,
  LaneTotals,
  planTimeline,
  type TimelineBefore,
  TimelineSum,
  type TimelineView,
} from '../../../src/core/projections/timeline-view.js';
import type { StoredColumns } from '../../../src/core/run/contract.js';
import { InspectionService } from '../../../src/sessions/inspection.service.js';
import { chunkTimeline } from '../../../src/store/channel/chunk-timeline.js';
import { MemoryEventStore } from '../../../src/store/memory/memory-event-store.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

const store = new MemoryEventStore();
const inspections = new InspectionService(store);
let rows: StoredColumns;
let id: string;

beforeAll(async () => {
  const sim = simulation({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    invariants: false,
    parameters: { smis: 60, pages: 64, vcpus: 1 },
  });
  ({ id } = await store.createSession(sim.manifest, 'simulated', { state: 'running' }));
  const chunks = runToEnd(sim);
  rows = concatColumns(chunks);
  for (const chunk of chunks) await store.append(id, chunk);
});
afterAll(async () => {
  await inspections.stop();
  await store.close();
});

/** Counted again from the rows, in the buckets that the view says it has. */
function expectCounted(view: Pick<TimelineView, 'from' | 'to' | 'buckets' | 'lanes'>): void {
  let next = view.from;
  view.buckets.forEach((bucket, k) => {
    expect(bucket.from).toBe(next);
    next = bucket.to + 1;
    const positions = Array.from({ length: next - bucket.from }, (_, i) => bucket.from + i);
    expect(bucket.events).toBe(positions.length);
    expect(bucket.fromTimeNs).toBe(rows.timeNs[bucket.from - 1]);
    expect(bucket.toTimeNs).toBe(Math.max(...positions.map((p) => rows.timeNs[p - 1])));
    for (const lane of view.lanes) {
      const own = positions.filter((p) =>
        lane.kind === 'thread'
          ? rows.thread[p - 1] === lane.number
          : rows.subject[p - 1] === lane.number * 16 + (lane.kind === 'root' ? 3 : 5),
      );
      const counts: Record<string, number> = {};
      for (const p of own) {
        const kind = timelineKindOf(rows.type[p - 1]!);
        counts[kind] = (counts[kind] ?? 0) + 1;
      }
      const expected = { bucket: k, events: own.length, first: own[0], last: own.at(-1), counts };
      const cell = lane.cells.find((one) => one.bucket === k);
      const { life: _, time: __, ...counted } = cell ?? { life: null, time: null };
      expect(counted).toEqual(own.length === 0 ? {} : expected);
    }
  });
  expect(next).toBe(view.to + 1);
}

test.each([
  ['rows', 101, 9_876, 37],
  ['fine', 1, 60_000, 50],
  ['fine', 333, 55_555, 2_000],
  ['rows', 7, 7, 10],
])('from %s, positions %i to %i in at most %i buckets', async (source, from, to, width) => {
  const view = await inspections.ask('timeline', {
    sessionId: id,
    from,
    to,
    width,
    lanes: 'threads,locks,roots',
  });
  expect(view.source).toBe(source);
  expect(view.from).toBeLessThanOrEqual(from);
  expect(view.to).toBeGreaterThanOrEqual(to);
  expect(view.buckets.length).toBeLessThanOrEqual(width + 1);
  expect(view.lanes.map(({ kind }) => kind)).toContain('thread');
  expectCounted(view);
});

/** Nothing was there before the first row. */
const before: TimelineBefore = {
  names: { threadNames: ['main', 'vcpu0'], site: () => undefined, world: {} as World },
  roots: new Map(),
  quiet: [],
  timed: true,
};

/** As a timeline's cell says it. */
function stateNow(root: RootView | undefined): readonly [state: number, count: number] {
  if (root === undefined) return [ROOT_STATE.gone, 0];
  const { waitsForRcu, zapsUnderWay, role, refcount } = root;
  if (waitsForRcu) return [ROOT_STATE.waits, refcount];
  if (zapsUnderWay > 0) return [ROOT_STATE.zapped, refcount];
  return [role.invalid ? ROOT_STATE.invalid : ROOT_STATE.valid, refcount];
}

test.each([
  ['rows', 9_000, 20_000, 40, [0, 1, 2, 3]],
  ['fine', 20_000, 60_000, 60, [0, 1, 2, 3]],
  // The VM ends: roots are freed.
  ['rows', -9_000, -1, 200, [0, 1, 2, 3, 4]],
])(
  'from %s, at every bound a root has the state and the count that folding gives',
  async (source, first, end, width, states) => {
    const at = (position: number): number => (position < 0 ? rows.length + position + 1 : position);
    const ask = { sessionId: id, from: at(first), to: at(end), width, lanes: 'roots' };
    const view = await inspections.ask('timeline', ask);
    expect(view.source).toBe(source);
    const seenStates = new Set<number>();
    const stateAt = async (at: number): Promise<StateView> => inspections.state(id, { at });
    const start = await stateAt(view.from - 1);
    for (const lane of view.lanes) {
      const [state, count] = stateNow(start.roots.find(({ root }) => root === lane.number));
      expect([lane.root?.state, lane.root?.count]).toEqual([state, count]);
      let most = count;
      for (const { first, last, life } of lane.cells) {
        const [after, seen, least, greatest, now] = life!;
        const own = Array.from({ length: last - first + 1 }, (_, k) => first - 1 + k).filter(
          (i) => rows.subject[i] === lane.number * 16 + 3 && ROOT_COUNTED[rows.type[i]!] === true,
        );
        const counts = [...(lane.root?.born === first ? [] : [most]), ...own.map((i) => rows.b[i]!)];
        expect([least, greatest]).toEqual([Math.min(...counts), Math.max(...counts)]);
        for (let k = 0; k < ROOT_STATES.length; k++) if ((seen & (1 << k)) !== 0) seenStates.add(k);
        const there = stateNow((await stateAt(last)).roots.find(({ root }) => root === lane.number));
        expect([after, after === ROOT_STATE.gone ? 0 : now], `root ${lane.number} at ${last}`).toEqual(there);
        most = now;
      }
    }
    expect([...seenStates].sort((a, b) => a - b)).toEqual(states);
  },
);

test('shares of time are those that the rows have, wherever chunks are cut', async () => {
  const view = await inspections.ask('timeline', {
    sessionId: id,
    from: 1,
    to: 60_000,
    width: 60,
    lanes: 'threads',
  });
  const vcpu = view.lanes.find(({ name }) => name === 'vcpu0')!;
  // Guest time again, from rows: from every entry to the exit behind it.
  const guest = new Float64Array(view.buckets.length);
  const total = new Float64Array(view.buckets.length);
  let [inGuest, smm, last] = [false, false, -1];
  for (let i = 0; i < view.to; i++) {
    if (rows.thread[i] !== vcpu.number) continue;
    const bucket = Math.floor((i + 1) / view.rowsPerBucket);
    const ns = last < 0 ? 0 : rows.timeNs[i]! - last;
    last = rows.timeNs[i]!;
    total[bucket]! += ns;
    if (inGuest && !smm) guest[bucket]! += ns;
    const type = rows.type[i]!;
    if (type === E.VcpuEntered || type === E.VcpuExited) inGuest = type === E.VcpuEntered;
    if (type === E.SmmEntered || type === E.SmmLeft) smm = type === E.SmmEntered;
  }
  for (const { bucket, time } of vcpu.cells) {
    const wanted = (guest[bucket]! / total[bucket]!) * 1_000;
    // The first interval of a chunk is nobody's, and shares are kept in 127ths.
    expect(Math.abs(time![0]! - wanted), `bucket ${bucket}`).toBeLessThan(40);
    expect(time!.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(1_002);
  }
  expect(vcpu.cells.some(({ time }) => time![0]! > 100)).toBe(true);
  expect(vcpu.cells.some(({ time }) => time![1]! > 100)).toBe(true);
});

test('roots have lanes also where there are more threads than lanes', () => {
  const plan = { from: 1, to: 256, rowsPerBucket: 256, source: 'fine' } as const;
  const choice = new LaneChoice('threads,roots');
  const tell = (visitor: BucketVisitor): void => {
    visitor.bucket(1, 256, 0, 1);
    for (let number = 0; number < 100; number++) {
      visitor.lane(0, number, 1, 256);
      visitor.count(0, 1_000);
    }
    for (let number = 1; number <= 30; number++) {
      visitor.lane(1, number, 1, 256);
      visitor.count(1, number);
    }
  };
  const totals = new LaneTotals(plan, choice);
  tell(totals);
  const { lanes: chosen, omitted } = totals.busiest();
  const sum = new TimelineSum(plan, chosen, omitted);
  tell(sum);
  const { lanes, omittedLanes } = sum.view(before);
  const roots = lanes.filter(({ kind }) => kind === 'root').map(({ number }) => number);
  expect(roots).toEqual(Array.from({ length: 16 }, (_, k) => 15 + k));
  expect(lanes).toHaveLength(64);
  expect(omittedLanes).toBe(130 - 64);
});

test('packed buckets of the first form, without spans, are read: what they do not tell is null', () => {
  const w = new ByteWriter();
  // One bucket of 10 rows from 100 ns on, one lane (root 5) with one event of kind `root`.
  for (const n of [1, 9, 100, 50, 1, 5 * 4 + 1, 0, 0, 1, 1, 1]) w.uint(n);
  const plan = { from: 1, to: 10, rowsPerBucket: 256, source: 'fine' } as const;
  const sum = new TimelineSum(plan, new LaneChoice('roots'));
  const bytes = w.take();
  expect(readableBuckets(bytes)).toBe(true);
  readBuckets(bytes, 1, sum);
  const [lane] = sum.view(before).lanes;
  expect(lane).toMatchObject({
    number: 5,
    events: 1,
    cells: [{ first: 1, counts: { root: 1 }, life: null }],
  });
  expect(readableBuckets(Uint8Array.of(0, BUCKETS_FORM + 1, 1))).toBe(false);
});

test('updates of memslots are listed with slot and function, while they are few', async () => {
  const sim = simulation({ scenario: 'memslot', protocol: 'v6.4', seed: 3 });
  const { id: other } = await store.createSession(sim.manifest, 'simulated', { state: 'running' });
  const chunks = runToEnd(sim);
  for (const chunk of chunks) await store.append(other, chunk);
  const all = concatColumns(chunks);
  const wanted = Array.from({ length: all.length }, (_, i) => i).filter((i) =>
    MEMSLOT_TYPES.includes(all.type[i]!),
  );
  const ask = { sessionId: other, width: 50, lanes: 'threads,roots' };
  const { updates, buckets, arrows } = await inspections.ask('timeline', ask);
  expect(updates!.map(({ position }) => position)).toEqual(wanted.map((i) => i + 1));
  expect(updates!.find(({ what }) => what === 'invalidated')).toMatchObject({
    slot: 1,
    asId: 0,
    function: 'kvm_swap_active_memslots',
    thread: 'main',
  });
  expect(buckets.reduce((sum, bucket) => sum + bucket.updates, 0)).toBe(wanted.length);
  // Arrows that are long enough to be told apart, each to another thread.
  expect(arrows.length).toBeGreaterThan(0);
  for (let i = 0; i < arrows.length; i += 5) {
    expect(arrows[i + 2]! - arrows[i + 1]!).toBeGreaterThan(1_000);
    expect(all.thread[arrows[i + 1]! - 1]).toBe(arrows[i + 3]);
    expect(all.thread[arrows[i + 2]! - 1]).toBe(arrows[i + 4]);
    expect(arrows[i + 3]).not.toBe(arrows[i + 4]);
  }
});

test('coarse buckets, cut by chunks anywhere, sum up alike', () => {
  const plan = {
    from: 1,
    to: rows.length,
    rowsPerBucket: 2 * TIMELINE_UNITS.coarse,
    source: 'coarse',
  } as const;
  const sum = new TimelineSum(plan, new LaneChoice('threads,root:5'));
  for (let at = 0, k = 0; at < rows.length; k++) {
    const length = Math.min(rows.length - at, 2_000 + ((k * 977) % 5_000));
    const part = { ...rows, length } as StoredColumns;
    const cut: StoredColumns = {
      ...part,
      thread: rows.thread.subarray(at, at + length),
      type: rows.type.subarray(at, at + length),
      subject: rows.subject.subarray(at, at + length),
      timeNs: rows.timeNs.subarray(at, at + length),
      site: rows.site.subarray(at, at + length),
      a: rows.a.subarray(at, at + length),
      b: rows.b.subarray(at, at + length),
      c: rows.c.subarray(at, at + length),
    };
    readBuckets(chunkTimeline(cut, at + 1)!.coarse, at + 1, sum);
    at += length;
  }
  const view = sum.view(before);
  expect(view.lanes.find(({ kind }) => kind === 'root')).toMatchObject({ number: 5, name: 'root 5' });
  expectCounted(view);
});

test('a plan never reads more than its resolution needs, and covers what was asked for', () => {
  const end = 10_000_000;
  for (const [from, to, width] of [
    [1, end, 1_000],
    [5_000_001, 6_000_000, 500],
    [77, 40_000, 2_000],
    [end, end, 1],
  ] as const) {
    const plan = planTimeline(from, to, width, end);
    expect(plan.from).toBeLessThanOrEqual(from);
    expect(plan.to).toBeGreaterThanOrEqual(to);
    const unit = plan.source === 'rows' ? 1 : TIMELINE_UNITS[plan.source];
    expect(plan.rowsPerBucket % unit).toBe(0);
    expect((plan.to - plan.from + 1) / unit).toBeLessThanOrEqual(33_000);
  }
});

test('few events are of no kind; lanes that there are not are refused', async () => {
  const other = CATALOGUE.filter(({ code }) => timelineKindOf(code) === 'other').map(({ name }) => name);
  expect(other.toSorted()).toEqual(['Counted', 'ThreadEnded', 'TraceGap']);
  expect(new Set(CATALOGUE.map(({ code }) => timelineKindOf(code))).size).toBe(TIMELINE_KINDS.length);
  await expect(
    inspections.ask('timeline', { sessionId: id, width: 10, lanes: 'threads,cpus' }),
  ).rejects.toMatchObject({ code: 'unknown-lane' });
  await expect(
    inspections.ask('timeline', { sessionId: id, from: 9, to: 3, width: 10, lanes: 'threads' }),
  ).rejects.toMatchObject({ code: 'empty-range' });
});
