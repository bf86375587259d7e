// A timeline of the resolution that was asked for, summed up from stored buckets or, where the range is small, from rows.
import { BadInput } from '../base/errors.js';
import { lockText } from './locks.js';
import {
  type BucketVisitor,
  LANE_KINDS,
  type LaneKind,
  TIMELINE_KINDS,
  TIMELINE_UNITS,
  type TimelineKind,
  type TimelineLevel,
} from './timeline.js';

export interface TimelineCellView {
  /** Index in `buckets`. */
  readonly bucket: number;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly counts: { readonly [K in TimelineKind]?: number };
}

export interface TimelineLaneView {
  readonly kind: LaneKind;
  readonly number: number;
  readonly name: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  /** Only buckets in which the lane has events. */
  readonly cells: readonly TimelineCellView[];
}

export interface TimelineView {
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
  }[];
  /** Threads first, then roots and locks; of too many the busiest. */
  readonly lanes: readonly TimelineLaneView[];
  readonly omittedLanes: number;
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

interface Cell {
  events: number;
  first: number;
  last: number;
  readonly counts: number[];
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

  lane(kind: number, number: number): void {
    this.key = this.choice.has(kind, number) ? laneKey(kind, number) : -1;
  }

  count(_kind: number, count: number): void {
    if (this.key >= 0) this.totals.set(this.key, (this.totals.get(this.key) ?? 0) + count);
  }

  /** At most MAX_TIMELINE_LANES, and how many there are beside them. */
  busiest(): { readonly lanes: LaneSet; readonly omitted: number } {
    const sorted = [...this.totals].sort(([x, a], [y, b]) => b - a || x - y).slice(0, MAX_TIMELINE_LANES);
    const keys = new Set(sorted.map(([key]) => key));
    return {
      lanes: { has: (kind, number) => keys.has(laneKey(kind, number)) },
      omitted: this.totals.size - keys.size,
    };
  }
}

/** Sums buckets up as they are told. */
export class TimelineSum implements BucketVisitor {
  private readonly lanes = new Map<number, Lane>();
  private readonly events: Float64Array;
  private readonly fromTimeNs: Float64Array;
  private readonly toTimeNs: Float64Array;
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

  lane(kind: number, number: number, first: number, last: number): void {
    this.ofThread = kind === 0;
    this.cell = null;
    if (!this.choice.has(kind, number)) return;
    const key = laneKey(kind, number);
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      lane = { kind, number, events: 0, cells: new Map() };
      this.lanes.set(key, lane);
    }
    let cell = lane.cells.get(this.index);
    if (cell === undefined) {
      cell = { events: 0, first, last, counts: ZERO_COUNTS.slice() };
      lane.cells.set(this.index, cell);
    }
    cell.last = last;
    this.lane_ = lane;
    this.cell = cell;
  }

  count(kind: number, count: number): void {
    // Every event has one thread: they add up to the bucket's events.
    if (this.ofThread) this.events[this.index] += count;
    const { cell } = this;
    if (cell === null) return;
    cell.counts[kind] += count;
    cell.events += count;
    this.lane_!.events += count;
  }

  view(threadNames: readonly string[]): TimelineView {
    const { plan, base, events } = this;
    const { from, to, rowsPerBucket, source } = plan;
    const all = [...this.lanes.values()].sort((x, y) => y.events - x.events || x.number - y.number);
    const kept: Lane[] = [];
    let cells = 0;
    for (const lane of all.slice(0, MAX_TIMELINE_LANES)) {
      cells += lane.cells.size;
      if (cells > MAX_TIMELINE_CELLS) break;
      kept.push(lane);
    }
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
      })),
      lanes: kept.map((lane) => laneView(lane, threadNames)),
      omittedLanes: this.omitted + all.length - kept.length,
    };
  }
}

function laneView({ kind, number, events, cells }: Lane, threadNames: readonly string[]): TimelineLaneView {
  const views = [...cells].map(([bucket, cell]) => cellView(bucket, cell));
  const name =
    LANE_KINDS[kind] === 'thread'
      ? (threadNames[number] ?? `thread ${number}`)
      : LANE_KINDS[kind] === 'root'
        ? `root ${number}`
        : lockText(number);
  return {
    kind: LANE_KINDS[kind],
    number,
    name,
    events,
    first: views[0].first,
    last: views.at(-1)!.last,
    cells: views,
  };
}

function cellView(bucket: number, { events, first, last, counts }: Cell): TimelineCellView {
  const byKind: { [K in TimelineKind]?: number } = {};
  for (let kind = 0; kind < counts.length; kind++)
    if (counts[kind] > 0) byKind[TIMELINE_KINDS[kind]] = counts[kind];
  return { bucket, events, first, last, counts: byKind };
}
