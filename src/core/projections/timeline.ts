// The timeline of a session as figures per bucket of positions: how many events of which kind each thread, root and lock
// had, and the first and last of them; beside them what became of each root (root-span.ts) and where each thread's time went
// (thread-time.ts). A reducer over rows makes buckets of two widths and packs them; what is asked for is put together from those
// (timeline-view.ts). Buckets begin at multiples of their width, so that they join up.
import { ByteReader, ByteWriter } from '../base/varint.js';
import { CATALOGUE, type EventName } from '../events/catalogue.js';
import { SUBJECT_CODE, SUBJECT_RADIX } from '../events/define.js';
import { emptySpan, type RootSpan, readSpan, skipSpan, spanRow, writeSpan } from './root-span.js';
import {
  noTime,
  readTime,
  skipTime,
  ThreadClocks,
  type ThreadTime,
  type TimedRows,
  writeTime,
} from './thread-time.js';

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
  'memslot',
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
  /** Of a root's lane. */
  readonly span: RootSpan | null;
  /** Of a thread's lane. */
  readonly time: ThreadTime | null;
}

export interface TimelineBucket {
  readonly from: number;
  readonly to: number;
  /** Time of the first event, and the latest of all. */
  readonly fromTimeNs: number;
  readonly toTimeNs: number;
  readonly lanes: readonly LaneCell[];
  /** Of memslots: the first MAX_BUCKET_UPDATES. */
  readonly updates: readonly BucketUpdate[];
}

/** A row that is an update of a memslot. */
export interface BucketUpdate {
  readonly position: number;
  readonly thread: number;
  readonly site: number;
  readonly type: number;
  readonly subject: number;
}

/** Updates of memslots that one bucket keeps one by one; its counts have all of them. */
const MAX_BUCKET_UPDATES = 64;

/** The columns that are looked at. */
export interface TimelineRows extends TimedRows {
  readonly subject: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly b: ArrayLike<number>;
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
  ['memslot', /^Memslot/],
  ['vm', /^(Vm|Vcpu|Notifier|Slots|HostPage|Dirty|Ioctl|Command)/],
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
  span: RootSpan | null;
  time: ThreadTime | null;
}

const THREAD = LANE_KINDS.indexOf('thread');
const ROOT = LANE_KINDS.indexOf('root');
const LOCK = LANE_KINDS.indexOf('lock');
const MEMSLOT = TIMELINE_KINDS.indexOf('memslot');

/** Collects rows into buckets of one width. */
class Collector {
  private readonly cells = new Map<number, Cell>();
  private readonly threads: (Cell | undefined)[] = [];
  private readonly spare: Cell[] = [];
  private readonly clocks = new ThreadClocks();

  /** Rows [from, to) are those that buckets are going to be made of. */
  startAt(rows: TimelineRows, from: number, to: number): void {
    this.clocks.startAt(rows, from, to);
  }

  /** Rows [from, to), the first of them at `position`, as one bucket. */
  bucket(rows: TimelineRows, from: number, to: number, position: number): TimelineBucket {
    const { thread, type, subject, timeNs, a, b } = rows;
    let toTimeNs = 0;
    const updates: BucketUpdate[] = [];
    const by = position - from;
    for (let i = from; i < to; i++) {
      const kind = KIND_OF[type[i]];
      const own = this.threads[thread[i]] ?? this.thread(thread[i]);
      this.count(own, kind, i + by);
      this.clocks.row(rows, i, own.time!);
      const what = subject[i] % SUBJECT_RADIX;
      if (what === SUBJECT_CODE.root || what === SUBJECT_CODE.lock) {
        const number = Math.floor(subject[i] / SUBJECT_RADIX);
        // Root 0: a page that belonged to nobody known.
        if (number > 0 || what === SUBJECT_CODE.lock) {
          const cell = this.cell(number * LANE_RADIX + (what === SUBJECT_CODE.root ? ROOT : LOCK));
          this.count(cell, kind, i + by);
          if (cell.span !== null) spanRow(cell.span, type[i], a[i], b[i], i + by);
        }
      }
      if (kind === MEMSLOT && updates.length < MAX_BUCKET_UPDATES) {
        const [t, site, of] = [thread[i], rows.site[i], subject[i]];
        updates.push({ position: i + by, thread: t, site, type: type[i], subject: of });
      }
      if (timeNs[i] > toTimeNs) toTimeNs = timeNs[i];
    }
    const lanes = [...this.cells].sort(([x], [y]) => x - y).map(([key, cell]) => laneCell(key, cell));
    this.clear();
    const end = position + to - from - 1;
    return { from: position, to: end, fromTimeNs: timeNs[from], toTimeNs, lanes, updates };
  }

  private count(cell: Cell, kind: number, position: number): void {
    if (cell.first === 0) cell.first = position;
    cell.last = position;
    cell.counts[kind]++;
  }

  private thread(number: number): Cell {
    const cell = this.cell(number * LANE_RADIX + THREAD);
    this.threads[number] = cell;
    return cell;
  }

  private cell(key: number): Cell {
    let cell = this.cells.get(key);
    if (cell === undefined) {
      cell = this.spare.pop() ?? {
        first: 0,
        last: 0,
        counts: new Uint32Array(TIMELINE_KINDS.length),
        span: null,
        time: null,
      };
      const kind = key % LANE_RADIX;
      cell.span = kind === ROOT ? emptySpan() : null;
      cell.time = kind === THREAD ? noTime() : null;
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

function laneCell(key: number, { first, last, counts, span, time }: Cell): LaneCell {
  const nonZero: [number, number][] = [];
  for (let kind = 0; kind < counts.length; kind++) if (counts[kind] > 0) nonZero.push([kind, counts[kind]]);
  return {
    kind: LANE_KINDS[key % LANE_RADIX],
    number: Math.floor(key / LANE_RADIX),
    first,
    last,
    counts: nonZero,
    span,
    time,
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
  collector.startAt(rows, from, to);
  const buckets: TimelineBucket[] = [];
  for (let i = from; i < to; ) {
    const at = position + i - from;
    const end = Math.min(to, i + unit - (at % unit));
    buckets.push(collector.bucket(rows, i, end, at));
    i = end;
  }
  return buckets;
}

/**
 * The form of packed buckets. The first one had no number: it began with how many buckets follow, which is never 0. Buckets of
 * that form are read as well; they tell neither spans nor times.
 */
export const BUCKETS_FORM = 2;

export function packBuckets(buckets: readonly TimelineBucket[]): Uint8Array {
  const w = new ByteWriter();
  w.uint(0);
  w.uint(BUCKETS_FORM);
  w.uint(buckets.length);
  for (const { from, to, fromTimeNs, toTimeNs, lanes, updates } of buckets) {
    w.uint(to - from);
    w.uint(fromTimeNs);
    w.uint(Math.max(0, toTimeNs - fromTimeNs));
    w.uint(lanes.length);
    for (const { kind, number, first, last, counts, span, time } of lanes) {
      w.uint(number * LANE_RADIX + LANE_KINDS.indexOf(kind));
      w.uint(first - from);
      w.uint(last - first);
      w.uint(counts.length);
      for (const [k, count] of counts) {
        w.uint(k);
        w.uint(count);
      }
      if (span !== null) writeSpan(w, span, from);
      if (time !== null) writeTime(w, time);
    }
    w.uint(updates.length);
    for (const { position, thread, site, type, subject } of updates) {
      w.uint(position - from);
      w.uint(thread);
      w.uint(site);
      w.uint(type);
      w.uint(subject);
    }
  }
  return w.take();
}

/** What reading packed buckets tells, one bucket after the other: numbers, no objects. */
export interface BucketVisitor {
  /** False: the bucket's lanes are not wanted. */
  bucket(from: number, to: number, fromTimeNs: number, toTimeNs: number): boolean;
  /** False: its span or time is not wanted. @param kind index in LANE_KINDS */
  lane(kind: number, number: number, first: number, last: number): boolean;
  /** Of the lane before. @param kind index in TIMELINE_KINDS */
  count(kind: number, count: number): void;
  /** Of the lane before, where it is a root's: null where the stored form does not tell. */
  span(span: RootSpan | null): void;
  /** Of the lane before, where it is a thread's. */
  time(time: ThreadTime | null): void;
  /** Of the bucket, behind its lanes. */
  update(update: BucketUpdate): void;
}

/** Whether this build reads them: a newer one may have written another form. */
export function readableBuckets(bytes: Uint8Array): boolean {
  const r = new ByteReader(bytes);
  return r.uint() !== 0 || r.uint() === BUCKETS_FORM;
}

/** @param from position of the first row */
export function readBuckets(bytes: Uint8Array, from: number, visitor: BucketVisitor): void {
  const r = new ByteReader(bytes);
  let at = from;
  let n = r.uint();
  const told = n === 0;
  if (told) {
    const form = r.uint();
    if (form !== BUCKETS_FORM) throw new RangeError(`packed buckets of form ${form}`);
    n = r.uint();
  }
  for (; n > 0; n--) {
    const to = at + r.uint();
    const fromTimeNs = r.uint();
    const wanted = visitor.bucket(at, to, fromTimeNs, fromTimeNs + r.uint());
    for (let lanes = r.uint(); lanes > 0; lanes--) {
      const key = r.uint();
      const first = at + r.uint();
      const last = first + r.uint();
      const lane = key % LANE_RADIX;
      const more = wanted && visitor.lane(lane, Math.floor(key / LANE_RADIX), first, last);
      for (let counts = r.uint(); counts > 0; counts--) {
        const kind = r.uint();
        const count = r.uint();
        if (wanted) visitor.count(kind, count);
      }
      if (!told) {
        if (more && lane === ROOT) visitor.span(null);
        if (more && lane === THREAD) visitor.time(null);
      } else if (lane === ROOT) {
        if (more) visitor.span(readSpan(r, at));
        else skipSpan(r);
      } else if (lane === THREAD) {
        if (more) visitor.time(readTime(r));
        else skipTime(r);
      }
    }
    for (let updates = told ? r.uint() : 0; updates > 0; updates--) {
      const position = at + r.uint();
      const [thread, site, type, subject] = [r.uint(), r.uint(), r.uint(), r.uint()];
      if (wanted) visitor.update({ position, thread, site, type, subject });
    }
    at = to + 1;
  }
}

/** Buckets that were not packed, told the same way. */
export function visitBuckets(buckets: readonly TimelineBucket[], visitor: BucketVisitor): void {
  for (const { from, to, fromTimeNs, toTimeNs, lanes, updates } of buckets) {
    if (!visitor.bucket(from, to, fromTimeNs, toTimeNs)) continue;
    for (const { kind, number, first, last, counts, span, time } of lanes) {
      const more = visitor.lane(LANE_KINDS.indexOf(kind), number, first, last);
      for (const [k, count] of counts) visitor.count(k, count);
      if (more && span !== null) visitor.span(span);
      if (more && time !== null) visitor.time(time);
    }
    for (const update of updates) visitor.update(update);
  }
}
