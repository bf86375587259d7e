// The timeline of a session as figures per bucket of positions: how many events of which kind each thread, root and lock
// had, and the first and last of them. A reducer over rows makes buckets of two widths and packs them; what is asked for is
// put together from those (timeline-view.ts). Buckets begin at multiples of their width, so that they join up.
import { ByteReader, ByteWriter } from '../base/varint.js';
import { CATALOGUE, type EventName } from '../events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX } from '../events/define.js';

/** Stored codes: append, never reorder. */
export const TIMELINE_KINDS = [
  'other',
  'root',
  'reference',
  'zap',
  'entry',
  'fault',
  'table',
  'tlb',
  'lock',
  'wait',
  'rcu',
  'request',
  'smm',
  'vm',
  'work',
  'milestone',
  'finding',
] as const;
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

/** Stored codes: append, never reorder. */
export const LANE_KINDS = ['thread', 'root', 'lock'] as const;
export type LaneKind = (typeof LANE_KINDS)[number];
const LANE_RADIX = 4;

/** Rows of one bucket at each of the two widths that are stored. */
export const TIMELINE_UNITS = { fine: 256, coarse: 2_048 } as const;
export type TimelineLevel = keyof typeof TIMELINE_UNITS;

export interface LaneCell {
  readonly kind: LaneKind;
  readonly number: number;
  readonly first: number;
  readonly last: number;
  /** By TIMELINE_KINDS. */
  readonly counts: readonly (readonly [kind: number, count: number])[];
}

export interface TimelineBucket {
  readonly from: number;
  readonly to: number;
  /** Time of the first event, and the latest of all. */
  readonly fromTimeNs: number;
  readonly toTimeNs: number;
  readonly lanes: readonly LaneCell[];
}

/** The columns that are looked at. */
export interface TimelineRows {
  readonly thread: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
}

const KIND_PATTERNS: readonly (readonly [TimelineKind, RegExp])[] = [
  ['finding', /^(Finding|AssertionFired|VmBugged|FreedPageTouched|ProgressLost)$/],
  ['milestone', /^Milestone$/],
  ['reference', /^Root(Got|GetRefused|Put|Loaded|Dropped|Resurrected)$/],
  ['zap', /^(RootZap|FastZap|ZapAll|RootInvalidated|ValidGen)/],
  ['root', /^Root/],
  ['work', /^Work/],
  ['wait', /^Lock(Contended|Yielded)$|^WalkRestarted$|^ThreadSlept$|^BarrierReached$/],
  ['lock', /^Lock/],
  ['rcu', /^(Rcu|Srcu)/],
  ['smm', /^Sm[im]|^ContextReset$|^GuestStateChanged$|^RoleComputed$/],
  ['entry', /^Vcpu(Entered|Exited)$|^ExitHandled$|^GuestRetired$|^ModeChanged$|^DebugRegisters/],
  ['fault', /^Fault/],
  ['request', /^Request|^IpiSent$|^RemoteFlush/],
  ['tlb', /^(Tlb|PagingStructure|Outer|RangeFlushed)/],
  ['table', /^(Table|Spte)/],
  ['vm', /^(Vm|Vcpu|Memslot|Notifier|Slots|HostPage|Dirty|Ioctl|Command)/],
];

const KIND_OF = Uint8Array.from({ length: 256 }, () => 0);
for (const { code, name } of CATALOGUE) {
  const found = KIND_PATTERNS.find(([, pattern]) => pattern.test(name satisfies EventName));
  KIND_OF[code] = found === undefined ? 0 : TIMELINE_KINDS.indexOf(found[0]);
}

export function timelineKindOf(type: number): TimelineKind {
  return TIMELINE_KINDS[KIND_OF[type & 0xff]];
}

interface Cell {
  first: number;
  last: number;
  readonly counts: Uint32Array;
}

/** Collects rows into buckets of one width. */
class Collector {
  private readonly cells = new Map<number, Cell>();
  private readonly threads: (Cell | undefined)[] = [];
  private readonly spare: Cell[] = [];

  /** Rows [from, to), the first of them at `position`, as one bucket. */
  bucket(rows: TimelineRows, from: number, to: number, position: number): TimelineBucket {
    const { thread, type, subject, timeNs } = rows;
    let toTimeNs = 0;
    const by = position - from;
    for (let i = from; i < to; i++) {
      const kind = KIND_OF[type[i]];
      this.count(this.threads[thread[i]] ?? this.thread(thread[i]), kind, i + by);
      const what = subject[i] % SUBJECT_RADIX;
      if (what === SUBJECT_CODE.root || what === SUBJECT_CODE.lock) {
        const number = Math.floor(subject[i] / SUBJECT_RADIX);
        const lane = what === SUBJECT_CODE.root ? LANE_KINDS.indexOf('root') : LANE_KINDS.indexOf('lock');
        // Root 0: a page that belonged to nobody known.
        if (number > 0 || what === SUBJECT_CODE.lock)
          this.count(this.cell(number * LANE_RADIX + lane), kind, i + by);
      }
      if (timeNs[i] > toTimeNs) toTimeNs = timeNs[i];
    }
    const lanes = [...this.cells].sort(([x], [y]) => x - y).map(([key, cell]) => laneCell(key, cell));
    this.clear();
    return { from: position, to: position + to - from - 1, fromTimeNs: timeNs[from], toTimeNs, lanes };
  }

  private count(cell: Cell, kind: number, position: number): void {
    if (cell.first === 0) cell.first = position;
    cell.last = position;
    cell.counts[kind]++;
  }

  private thread(number: number): Cell {
    const cell = this.cell(number * LANE_RADIX);
    this.threads[number] = cell;
    return cell;
  }

  private cell(key: number): Cell {
    let cell = this.cells.get(key);
    if (cell === undefined) {
      cell = this.spare.pop() ?? { first: 0, last: 0, counts: new Uint32Array(TIMELINE_KINDS.length) };
      this.cells.set(key, cell);
    }
    return cell;
  }

  private clear(): void {
    for (const cell of this.cells.values()) {
      cell.first = 0;
      cell.counts.fill(0);
      this.spare.push(cell);
    }
    this.cells.clear();
    this.threads.length = 0;
  }
}

function laneCell(key: number, { first, last, counts }: Cell): LaneCell {
  const nonZero: [number, number][] = [];
  for (let kind = 0; kind < counts.length; kind++) if (counts[kind] > 0) nonZero.push([kind, counts[kind]]);
  return {
    kind: LANE_KINDS[key % LANE_RADIX],
    number: Math.floor(key / LANE_RADIX),
    first,
    last,
    counts: nonZero,
  };
}

/** Rows [from, to), the first of them at `position`, in buckets that begin at multiples of `unit`. */
export function timelineBuckets(
  rows: TimelineRows,
  from: number,
  to: number,
  position: number,
  unit: number,
): TimelineBucket[] {
  const collector = new Collector();
  const buckets: TimelineBucket[] = [];
  for (let i = from; i < to; ) {
    const at = position + i - from;
    const end = Math.min(to, i + unit - (at % unit));
    buckets.push(collector.bucket(rows, i, end, at));
    i = end;
  }
  return buckets;
}

export function packBuckets(buckets: readonly TimelineBucket[]): Uint8Array {
  const w = new ByteWriter();
  w.uint(buckets.length);
  for (const { from, to, fromTimeNs, toTimeNs, lanes } of buckets) {
    w.uint(to - from);
    w.uint(fromTimeNs);
    w.uint(Math.max(0, toTimeNs - fromTimeNs));
    w.uint(lanes.length);
    for (const { kind, number, first, last, counts } of lanes) {
      w.uint(number * LANE_RADIX + LANE_KINDS.indexOf(kind));
      w.uint(first - from);
      w.uint(last - first);
      w.uint(counts.length);
      for (const [k, count] of counts) {
        w.uint(k);
        w.uint(count);
      }
    }
  }
  return w.take();
}

/** What reading packed buckets tells, one bucket after the other: numbers, no objects. */
export interface BucketVisitor {
  /** False: the bucket's lanes are not wanted. */
  bucket(from: number, to: number, fromTimeNs: number, toTimeNs: number): boolean;
  /** @param kind index in LANE_KINDS */
  lane(kind: number, number: number, first: number, last: number): void;
  /** Of the lane before. @param kind index in TIMELINE_KINDS */
  count(kind: number, count: number): void;
}

/** @param from position of the first row */
export function readBuckets(bytes: Uint8Array, from: number, visitor: BucketVisitor): void {
  const r = new ByteReader(bytes);
  let at = from;
  for (let n = r.uint(); n > 0; n--) {
    const to = at + r.uint();
    const fromTimeNs = r.uint();
    const wanted = visitor.bucket(at, to, fromTimeNs, fromTimeNs + r.uint());
    for (let lanes = r.uint(); lanes > 0; lanes--) {
      const key = r.uint();
      const first = at + r.uint();
      const last = first + r.uint();
      if (wanted) visitor.lane(key % LANE_RADIX, Math.floor(key / LANE_RADIX), first, last);
      for (let counts = r.uint(); counts > 0; counts--) {
        const kind = r.uint();
        const count = r.uint();
        if (wanted) visitor.count(kind, count);
      }
    }
    at = to + 1;
  }
}

/** Buckets that were not packed, told the same way. */
export function visitBuckets(buckets: readonly TimelineBucket[], visitor: BucketVisitor): void {
  for (const { from, to, fromTimeNs, toTimeNs, lanes } of buckets) {
    if (!visitor.bucket(from, to, fromTimeNs, toTimeNs)) continue;
    for (const { kind, number, first, last, counts } of lanes) {
      visitor.lane(LANE_KINDS.indexOf(kind), number, first, last);
      for (const [k, count] of counts) visitor.count(k, count);
    }
  }
}
