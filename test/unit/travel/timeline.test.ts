// Timelines: whatever they are summed up from, every event is counted once, in its bucket and its lanes.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/core/events/catalogue.js';
import {
  readBuckets,
  TIMELINE_KINDS,
  TIMELINE_UNITS,
  timelineKindOf,
} from '../../../src/core/projections/timeline.js';
import {
  LaneChoice,
  planTimeline,
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
function expectCounted(view: TimelineView): void {
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
      expect(lane.cells.find((cell) => cell.bucket === k)).toEqual(own.length === 0 ? undefined : expected);
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
    };
    readBuckets(chunkTimeline(cut, at + 1)!.coarse, at + 1, sum);
    at += length;
  }
  const view = sum.view(['main', 'vcpu0']);
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
