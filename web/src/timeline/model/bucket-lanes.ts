// Buckets on their lanes, where the window holds more events than can be told apart: how many of which kind, as bars. What moves
// a root is drawn over what does not; one bar per bucket and kind.
import type { Timeline } from '../../api/schema.js';
import type { Lane } from './lanes.js';
import type { Colour, Pattern } from './primitives.js';
import type { Sheet } from './sheet.js';

type TimelineLane = Timeline['lanes'][number];
type Cell = TimelineLane['cells'][number];

/** Kinds that are drawn on their own, from the bottom; all others are grey. */
const KINDS: readonly (readonly [kind: keyof Cell['counts'], colour: Colour, pattern: Pattern])[] = [
  ['root', 'valid', 'solid'],
  ['zap', 'zap', 'bars'],
  ['rcu', 'rcu', 'dots'],
  ['wait', 'wait', 'hatch'],
  ['smm', 'smm', 'solid'],
  ['entry', 'guest', 'solid'],
];

export function drawBuckets(sheet: Sheet, timeline: Timeline, lanes: readonly Lane[]): void {
  for (const lane of lanes) {
    const data = timeline.lanes.find((one) => one.kind === lane.kind && one.number === lane.number);
    if (data === undefined) continue;
    const top = lane.kind === 'root' ? lane.y + 6 : lane.y + 3;
    const height = lane.y + lane.height - 4 - top;
    if (lane.kind === 'root') life(sheet, data, lane);
    // Buckets narrower than the finest line are drawn together.
    const { from, to, rowsPerBucket } = timeline;
    const perBucket = (rowsPerBucket * sheet.wide(from, to + 1)) / (to + 1 - from);
    const { bars, most } = barsOf(timeline, data, Math.max(1, Math.ceil(sheet.finest / perBucket)));
    for (const cell of bars) bar(sheet, cell, lane, top, height, most);
  }
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
  readonly events: number;
  readonly counts: Cell['counts'];
}

interface Bars {
  readonly each: number;
  readonly bars: readonly Bar[];
  /** Events of the fullest. */
  readonly most: number;
}

/** The last that were made of a lane: a pan asks for the same in every frame. */
const made = new WeakMap<TimelineLane, Bars>();

function barsOf(timeline: Timeline, lane: TimelineLane, each: number): Bars {
  const known = made.get(lane);
  if (known?.each === each) return known;
  const bars = together(timeline, lane.cells, each);
  let most = 1;
  for (const { events } of bars) most = Math.max(most, events);
  const fresh = { each, bars, most };
  made.set(lane, fresh);
  return fresh;
}

/** Neighbouring buckets, `each` at a time. */
function together(timeline: Timeline, cells: readonly Cell[], each: number): Bar[] {
  const bars: (Bar & { readonly key: number })[] = [];
  for (const { bucket, events, first, last, counts } of cells) {
    const key = Math.floor(bucket / each);
    const { from, to } = timeline.buckets[bucket];
    const before = bars.at(-1);
    if (before === undefined || before.key !== key) {
      bars.push({ key, from, to, first, last, events, counts });
      continue;
    }
    const sum: { [kind: string]: number } = { ...before.counts };
    for (const [kind, n] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + n;
    bars[bars.length - 1] = { ...before, to, last, events: before.events + events, counts: sum };
  }
  return bars;
}

/** From its first event to its last: where in the session the root was. */
function life(sheet: Sheet, data: TimelineLane, lane: Lane): void {
  if (!sheet.sees(data.first, data.last + 1)) return;
  const x = sheet.x(data.first);
  sheet.rect(
    x,
    lane.y + lane.height - 8,
    Math.max(1, sheet.wide(data.first, data.last + 1)),
    4,
    'valid',
    'outline',
  );
}

function bar(sheet: Sheet, cell: Bar, lane: Lane, top: number, height: number, most: number): void {
  if (!sheet.sees(cell.from, cell.to + 1)) return;
  const x = sheet.x(cell.from);
  const w = Math.max(sheet.finest, sheet.wide(cell.from, cell.to + 1) - 0.3);
  // Busy and quiet buckets both show: the height grows with the logarithm.
  const full = (Math.log2(1 + cell.events) / Math.log2(1 + most)) * height;
  let y = top + height;
  let rest = cell.events;
  for (const [kind, colour, pattern] of KINDS) {
    const n = cell.counts[kind] ?? 0;
    if (n === 0) continue;
    rest -= n;
    const h = Math.max(1, (n / cell.events) * full);
    y -= h;
    sheet.rect(x, y, w, h, colour, pattern);
  }
  if (rest > 0) {
    const h = Math.max(1, (rest / cell.events) * full);
    sheet.rect(x, y - h, w, h, 'host');
  }
  sheet.item({
    lane: lane.id,
    name: `${lane.name}: ${cell.events} events`,
    // Only what is pointed at is read.
    get detail() {
      return detailOf(cell);
    },
    from: cell.first,
    to: cell.last + 1,
    x,
    y: top,
    w,
    h: height,
  });
}

function detailOf({ counts }: Bar): string {
  return Object.entries(counts)
    .sort(([, p], [, q]) => q - p)
    .slice(0, 6)
    .map(([kind, n]) => `${kind} ${n}`)
    .join(', ');
}
