// A timeline of the resolution that was asked for, summed up from stored buckets or, where the range is small, from rows.
import { BadInput } from '../base/errors.js';
import { lockText } from './locks.js';
import { type MemslotUpdate, memslotUpdate } from './memslot-updates.js';
import type { Moment } from './moment.js';
import { joinSpans, type RootSpan, type RootStanding } from './root-span.js';
import { addTime, noTime, type ThreadTime } from './thread-time.js';
import {
  type BucketUpdate,
  type BucketVisitor,
  LANE_KINDS,
  type LaneKind,
  TIMELINE_KINDS,
  TIMELINE_UNITS,
  type TimelineKind,
  type TimelineLevel,
} from './timeline.js';
import { type CellLife, rootLife, type TimelineRootView } from './timeline-root.js';

export interface TimelineCellView {
  /** Index in `buckets`. */
  readonly bucket: number;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly counts: { readonly [K in TimelineKind]?: number };
  /** Of a root; null: not a root, or the stored buckets are of an older build and do not tell. */
  readonly life: CellLife | null;
  /** Of a thread: shares of its time (TIME_SHARES), in thousandths; null: not known. */
  readonly time: readonly number[] | null;
}

export interface TimelineLaneView {
  readonly kind: LaneKind;
  readonly number: number;
  readonly name: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly root: TimelineRootView | null;
  /** Only buckets in which the lane has events. */
  readonly cells: readonly TimelineCellView[];
}

export interface TimelineView extends TimelineArrows {
  readonly from: number;
  readonly to: number;
  readonly rowsPerBucket: number;
  /** What it was summed up from. */
  readonly source: 'rows' | TimelineLevel;
  readonly buckets: readonly {
    readonly from: number;
    readonly to: number;
    readonly fromTimeNs: number;
    readonly toTimeNs: number;
    readonly events: number;
    /** Updates of memslots. */
    readonly updates: number;
  }[];
  /** Threads first, then roots and locks; of too many the busiest. */
  readonly lanes: readonly TimelineLaneView[];
  readonly omittedLanes: number;
  /** Of memslots, one by one; null: there are too many, `updates` of the buckets counts them. */
  readonly updates: readonly MemslotUpdate[] | null;
}

/** What is found beside the buckets. */
export interface TimelineArrows {
  readonly arrowKinds: readonly string[];
  /** Index in arrowKinds, from, to, thread there, thread here: those long enough to be told apart. */
  readonly arrows: readonly number[];
}

/** How things stood before the first bucket, and what the recording is good for. */
export interface TimelineBefore {
  readonly names: Pick<Moment, 'threadNames' | 'site' | 'world'>;
  readonly roots: ReadonlyMap<number, RootStanding>;
  /** Roots without an event that are listed too, while there is room. */
  readonly quiet: readonly number[];
  /** Entries and exits are recorded: shares of time can be told. */
  readonly timed: boolean;
}

export interface TimelinePlan {
  /** Where the first bucket begins, and the last position: the range that was asked for, widened to whole buckets. */
  readonly from: number;
  readonly to: number;
  readonly rowsPerBucket: number;
  readonly source: 'rows' | TimelineLevel;
}

/** Rows that are read one by one at the most; fine buckets that are summed up. */
const MAX_DIRECT_ROWS = 32_768;
const MAX_FINE_ROWS = 4_096 * TIMELINE_UNITS.fine;
/** Cells of one answer: lanes times buckets in which they have events. */
export const MAX_TIMELINE_CELLS = 40_000;
export const MAX_TIMELINE_LANES = 64;
/** Updates of memslots that are listed one by one. */
export const MAX_LISTED_UPDATES = 400;

/** @param end last stored position */
export function planTimeline(from: number, to: number, width: number, end: number): TimelinePlan {
  const rows = to - from + 1;
  const wanted = Math.max(1, Math.ceil(rows / width));
  if (rows <= MAX_DIRECT_ROWS) return { from, to, rowsPerBucket: wanted, source: 'rows' };
  const source: TimelineLevel = rows <= MAX_FINE_ROWS ? 'fine' : 'coarse';
  const unit = TIMELINE_UNITS[source];
  const rowsPerBucket = Math.ceil(wanted / unit) * unit;
  const first = from - (from % unit);
  const last = first + Math.ceil((to - first + 1) / rowsPerBucket) * rowsPerBucket - 1;
  return { from: Math.max(1, first), to: Math.min(end, last), rowsPerBucket, source };
}

/** `threads`, `roots`, `locks`, or one lane: `root:17`; several with commas. */
export class LaneChoice {
  private readonly all = new Set<number>();
  private readonly single = new Set<number>();

  constructor(text: string) {
    for (const word of text.split(',')) {
      const match = /^(thread|root|lock)(?:s|:(\d{1,9}))$/.exec(word.trim());
      const kind = LANE_KINDS.indexOf(match?.[1] as LaneKind);
      if (kind < 0) {
        const expected = ['threads', 'roots', 'locks', 'thread:N', 'root:N', 'lock:N'];
        throw new BadInput(
          'unknown-lane',
          `there are no lanes "${word}"; expected ${expected.join(', ')}`,
          expected,
        );
      }
      if (match![2] === undefined) this.all.add(kind);
      else this.single.add(laneKey(kind, Number(match![2])));
    }
  }

  /** There may be a great many roots: the busiest are chosen before anything is summed up. */
  get mayBeMany(): boolean {
    return this.all.has(LANE_KINDS.indexOf('root'));
  }

  has(kind: number, number: number): boolean {
    return this.all.has(kind) || this.single.has(laneKey(kind, number));
  }
}

function laneKey(kind: number, number: number): number {
  return number * LANE_KINDS.length + kind;
}

export interface LaneSet {
  /** @param kind index in LANE_KINDS */
  has(kind: number, number: number): boolean;
}

const ROOT = LANE_KINDS.indexOf('root');
/** Threads have more events than roots: so many of the busiest roots have their lanes before any thread. */
const LEAST_ROOT_LANES = 16;
/** Roots that only exist, beside MAX_TIMELINE_LANES where those are taken. */
const LEAST_QUIET_LANES = 4;

/** @param sorted the busiest first */
function rootsFirst<T>(sorted: readonly T[], isRoot: (one: T) => boolean): T[] {
  const first = new Set(sorted.filter(isRoot).slice(0, LEAST_ROOT_LANES));
  return [...first, ...sorted.filter((one) => !first.has(one))];
}

interface Cell {
  events: number;
  first: number;
  last: number;
  readonly counts: number[];
  span: RootSpan | null;
  /** A stored bucket did not tell. */
  untold: boolean;
  time: ThreadTime | null;
}

/** A plain list: made a hundred thousand times, much quicker than a typed one. */
const ZERO_COUNTS: readonly number[] = TIMELINE_KINDS.map(() => 0);

interface Lane {
  readonly kind: number;
  readonly number: number;
  events: number;
  readonly cells: Map<number, Cell>;
}

/** Events of each lane: which are the busiest. */
export class LaneTotals implements BucketVisitor {
  private readonly totals = new Map<number, number>();
  private key = -1;

  constructor(
    private readonly plan: TimelinePlan,
    private readonly choice: LaneChoice,
  ) {}

  bucket(from: number, to: number): boolean {
    return to >= this.plan.from && from <= this.plan.to;
  }

  lane(kind: number, number: number): boolean {
    this.key = this.choice.has(kind, number) ? laneKey(kind, number) : -1;
    return false;
  }

  count(_kind: number, count: number): void {
    if (this.key >= 0) this.totals.set(this.key, (this.totals.get(this.key) ?? 0) + count);
  }

  span(): void {}
  time(): void {}
  update(): void {}

  /** No event of it has been told. */
  isQuiet(kind: LaneKind, number: number): boolean {
    return !this.totals.has(laneKey(LANE_KINDS.indexOf(kind), number));
  }

  /** At most MAX_TIMELINE_LANES, and how many there are beside them. */
  busiest(): { readonly lanes: LaneSet; readonly omitted: number } {
    const sorted = [...this.totals].sort(([x, a], [y, b]) => b - a || x - y).map(([key]) => key);
    const keys = new Set(
      rootsFirst(sorted, (key) => key % LANE_KINDS.length === ROOT).slice(0, MAX_TIMELINE_LANES),
    );
    return {
      lanes: { has: (kind, number) => keys.has(laneKey(kind, number)) },
      omitted: this.totals.size - keys.size,
    };
  }
}

const MEMSLOT = TIMELINE_KINDS.indexOf('memslot');

/** Sums buckets up as they are told. */
export class TimelineSum implements BucketVisitor {
  private readonly lanes = new Map<number, Lane>();
  private readonly events: Float64Array;
  private readonly updates: Float64Array;
  private readonly fromTimeNs: Float64Array;
  private readonly toTimeNs: Float64Array;
  private readonly listed: BucketUpdate[] = [];
  private readonly base: number;
  private index = 0;
  private ofThread = false;
  private lane_: Lane | null = null;
  private cell: Cell | null = null;

  constructor(
    private readonly plan: TimelinePlan,
    private readonly choice: LaneSet,
    /** Lanes that were left out before. */
    private readonly omitted = 0,
  ) {
    const { from, to, rowsPerBucket, source } = plan;
    const unit = source === 'rows' ? rowsPerBucket : TIMELINE_UNITS[source];
    this.base = from - (from % unit);
    const buckets = Math.floor((to - this.base) / rowsPerBucket) + 1;
    this.events = new Float64Array(buckets);
    this.updates = new Float64Array(buckets);
    this.fromTimeNs = new Float64Array(buckets).fill(-1);
    this.toTimeNs = new Float64Array(buckets);
  }

  bucket(from: number, to: number, fromTimeNs: number, toTimeNs: number): boolean {
    if (to < this.plan.from || from > this.plan.to) return false;
    const k = Math.floor((from - this.base) / this.plan.rowsPerBucket);
    this.index = k;
    if (this.fromTimeNs[k] < 0) this.fromTimeNs[k] = fromTimeNs;
    if (toTimeNs > this.toTimeNs[k]) this.toTimeNs[k] = toTimeNs;
    return true;
  }

  lane(kind: number, number: number, first: number, last: number): boolean {
    this.ofThread = kind === 0;
    this.cell = null;
    if (!this.choice.has(kind, number)) return false;
    const key = laneKey(kind, number);
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      lane = { kind, number, events: 0, cells: new Map() };
      this.lanes.set(key, lane);
    }
    let cell = lane.cells.get(this.index);
    if (cell === undefined) {
      cell = {
        events: 0,
        first,
        last,
        counts: ZERO_COUNTS.slice(),
        span: null,
        untold: false,
        time: null,
      };
      lane.cells.set(this.index, cell);
    }
    cell.last = last;
    this.lane_ = lane;
    this.cell = cell;
    return true;
  }

  count(kind: number, count: number): void {
    // Every event has one thread: they add up to the bucket's events.
    if (this.ofThread) this.events[this.index] += count;
    if (this.ofThread && kind === MEMSLOT) this.updates[this.index] += count;
    const { cell } = this;
    if (cell === null) return;
    cell.counts[kind] += count;
    cell.events += count;
    this.lane_!.events += count;
  }

  span(span: RootSpan | null): void {
    const { cell } = this;
    if (cell === null) return;
    if (span === null) cell.untold = true;
    else if (cell.span === null) cell.span = { ...span };
    else joinSpans(cell.span, span);
  }

  time(time: ThreadTime | null): void {
    const { cell } = this;
    if (cell === null || time === null) return;
    cell.time ??= noTime();
    addTime(cell.time, time);
  }

  update(update: BucketUpdate): void {
    if (this.listed.length <= MAX_LISTED_UPDATES) this.listed.push(update);
  }

  view(before: TimelineBefore): Omit<TimelineView, keyof TimelineArrows> {
    const { plan, base, events } = this;
    const { from, to, rowsPerBucket, source } = plan;
    const all = [...this.lanes.values()].sort((x, y) => y.events - x.events || x.number - y.number);
    const kept: Lane[] = [];
    let cells = 0;
    for (const lane of rootsFirst(all, ({ kind }) => kind === ROOT).slice(0, MAX_TIMELINE_LANES)) {
      cells += lane.cells.size;
      if (cells > MAX_TIMELINE_CELLS) break;
      kept.push(lane);
    }
    const quiet = before.quiet.filter((number) => !this.lanes.has(laneKey(ROOT, number)));
    for (const number of quiet.slice(0, Math.max(LEAST_QUIET_LANES, MAX_TIMELINE_LANES - kept.length)))
      kept.push({ kind: ROOT, number, events: 0, cells: new Map() });
    kept.sort((x, y) => x.kind - y.kind || x.number - y.number);
    return {
      from,
      to,
      rowsPerBucket,
      source,
      buckets: Array.from(events, (count, k) => ({
        from: Math.max(from, base + k * rowsPerBucket),
        to: Math.min(to, base + (k + 1) * rowsPerBucket - 1),
        fromTimeNs: Math.max(0, this.fromTimeNs[k]),
        toTimeNs: this.toTimeNs[k],
        events: count,
        updates: this.updates[k],
      })),
      lanes: kept.map((lane) => laneView(lane, plan, before)),
      omittedLanes: this.omitted + all.length + quiet.length - kept.length,
      updates: this.updateViews(before),
    };
  }

  private updateViews({ names }: TimelineBefore): MemslotUpdate[] | null {
    const counted = this.updates.reduce((sum, n) => sum + n, 0);
    if (counted > this.listed.length || this.listed.length > MAX_LISTED_UPDATES) return null;
    return this.listed.flatMap(({ position, thread, site, type, subject }) => {
      const row = { thread: [thread], site: [site], type: [type], subject: [subject] };
      return memslotUpdate(row, 0, position, names) ?? [];
    });
  }
}

function laneView(
  { kind, number, events, cells }: Lane,
  plan: TimelinePlan,
  before: TimelineBefore,
): TimelineLaneView {
  const list = [...cells];
  const isRoot = kind === ROOT;
  const life = isRoot
    ? rootLife(
        before.roots.get(number),
        list.map(([, { span, untold }]) => (untold ? null : span)),
      )
    : null;
  const views = list.map(([bucket, cell], i) => cellView(bucket, cell, life?.lives[i] ?? null, before.timed));
  const name =
    LANE_KINDS[kind] === 'thread'
      ? (before.names.threadNames[number] ?? `thread ${number}`)
      : isRoot
        ? `root ${number}`
        : lockText(number);
  return {
    kind: LANE_KINDS[kind],
    number,
    name,
    events,
    first: views[0]?.first ?? plan.from,
    last: views.at(-1)?.last ?? plan.to,
    root: life?.root ?? null,
    cells: views,
  };
}

function cellView(bucket: number, cell: Cell, life: CellLife | null, timed: boolean): TimelineCellView {
  const { events, first, last, counts, time } = cell;
  const byKind: { [K in TimelineKind]?: number } = {};
  for (let kind = 0; kind < counts.length; kind++)
    if (counts[kind] > 0) byKind[TIMELINE_KINDS[kind]] = counts[kind];
  const total = timed ? (time?.total ?? 0) : 0;
  const shares = total === 0 ? null : time!.of.map((ns) => Math.round((ns / total) * 1_000));
  return { bucket, events, first, last, counts: byKind, life, time: shares };
}
