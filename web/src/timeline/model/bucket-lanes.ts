// Buckets on their lanes, where the window holds more events than can be told apart: lives of roots as in a scene, where threads
// spend their time, and how many events of which kind, as bars. What moves a root is drawn over what does not.
import type { Timeline } from '../../api/schema.js';
import { drawArrows } from './arrows.js';
import { Kept } from './kept.js';
import type { Lane } from './lanes.js';
import type { Colour, Pattern } from './primitives.js';
import { drawRootBuckets } from './root-buckets.js';
import { drawManyRules, drawRules } from './rules.js';
import type { Sheet } from './sheet.js';
import { drawShares, joinShares, lengthNs, type Stretch, sharesText } from './thread-shares.js';

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

/** Of a thread's lane, where its time goes. */
const SHARES_PX = 10;
const FOLDED_SHARES_PX = 5;

export function drawBuckets(sheet: Sheet, timeline: Timeline, lanes: readonly Lane[]): void {
  const { from, to, rowsPerBucket, updates } = timeline;
  if (updates === null) drawManyRules(sheet, timeline.buckets);
  else drawRules(sheet, updates);
  // Buckets narrower than the finest line are drawn together.
  const perBucket = (rowsPerBucket * sheet.wide(from, to + 1)) / (to + 1 - from);
  const each = Math.max(1, Math.ceil(sheet.finest / perBucket));
  for (const lane of lanes) {
    const data = timeline.lanes.find((one) => one.kind === lane.kind && one.number === lane.number);
    if (data === undefined) continue;
    if (lane.kind === 'root') {
      drawRootBuckets(sheet, timeline, data, lane, each);
      continue;
    }
    const { bars, stretches, most } = barsOf(timeline, data, each);
    const strip = lane.kind === 'thread' ? (lane.folded ? FOLDED_SHARES_PX : SHARES_PX) : 0;
    if (strip > 0) drawShares(sheet, stretches, lane.y + 2, strip);
    const top = lane.y + 3 + (strip > 0 ? strip + 1 : 0);
    const height = lane.y + lane.height - 4 - top;
    for (const cell of bars) bar(sheet, cell, lane, top, height, most);
  }
  drawArrows(sheet, arrowsOf(timeline), lanes);
}

function arrowsOf({ arrowKinds, arrows }: Timeline) {
  return Array.from({ length: arrows.length / 5 }, (_, k) => {
    const [kind, from, to, fromThread, toThread] = arrows.slice(5 * k, 5 * k + 5);
    return { kind: arrowKinds[kind], from, to, fromThread, toThread };
  });
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly first: number;
  readonly last: number;
  readonly events: number;
  readonly counts: Cell['counts'];
  readonly time: Cell['time'];
  readonly ns: number;
}

interface Bars {
  readonly bars: readonly Bar[];
  readonly stretches: readonly Stretch[];
  /** Events of the fullest. */
  readonly most: number;
}

const made = new Kept<TimelineLane, Bars>();

function barsOf(timeline: Timeline, lane: TimelineLane, each: number): Bars {
  return made.of(lane, each, () => {
    const bars = together(timeline, lane.cells, each);
    let most = 1;
    for (const { events } of bars) most = Math.max(most, events);
    const stretches = bars.map(({ from, to, time }) => ({ from, to: to + 1, time }));
    return { bars, stretches, most };
  });
}

/** Neighbouring buckets, `each` at a time. */
function together(timeline: Timeline, cells: readonly Cell[], each: number): Bar[] {
  const bars: (Bar & { readonly key: number })[] = [];
  for (const { bucket, events, first, last, counts, time } of cells) {
    const key = Math.floor(bucket / each);
    const { from, to } = timeline.buckets[bucket];
    const ns = lengthNs(timeline.buckets[bucket]);
    const before = bars.at(-1);
    if (before === undefined || before.key !== key) {
      bars.push({ key, from, to, first, last, events, counts, time, ns });
      continue;
    }
    const sum: { [kind: string]: number } = { ...before.counts };
    for (const [kind, n] of Object.entries(counts)) sum[kind] = (sum[kind] ?? 0) + n;
    const shares = joinShares(before.time, before.ns, time, ns);
    const both = { events: before.events + events, counts: sum, time: shares, ns: before.ns + ns };
    bars[bars.length - 1] = { ...before, to, last, ...both };
  }
  return bars;
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

function detailOf({ counts, time }: Bar): string {
  const kinds = Object.entries(counts)
    .sort(([, p], [, q]) => q - p)
    .slice(0, 6)
    .map(([kind, n]) => `${kind} ${n}`)
    .join(', ');
  const shares = sharesText(time);
  return shares === '' ? kinds : `${shares}; ${kinds}`;
}
