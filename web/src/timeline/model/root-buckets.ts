// A root's life where only its state and count at the bounds of buckets are known: a bar of states and a line of counts as in a
// scene; where more than one state lies in a bucket all of them show, one above the other, and the count is a band from the
// fewest to the most. What an older build has not stored is an empty outline.
import type { Timeline } from '../../api/schema.js';
import { count } from '../../ui/format.js';
import { Kept } from './kept.js';
import type { Lane } from './lanes.js';
import {
  barHeight,
  barTop,
  countY,
  freedMark,
  type RootOf,
  rootItem,
  STATES,
  stateBar,
  unknownCount,
} from './root-bar.js';
import type { Sheet } from './sheet.js';

type RootLane = Timeline['lanes'][number];

/** State of a root that is not born, or freed. */
const GONE = 4;
const NUMBER_PX = 14;

interface Piece {
  readonly from: number;
  readonly to: number;
  /** One state; or more, as bits. */
  readonly seen: number;
  readonly least: number;
  readonly most: number;
  /** Events in it: 0 between two cells. */
  readonly events: number;
  readonly detail: string;
  readonly told: boolean;
}

/** What stays the same is one bar, however many buckets it lies in. */
interface Bar {
  readonly from: number;
  readonly to: number;
  /** Index in STATES; -1: more than one of them, or not known. */
  readonly state: number;
  readonly seen: number;
  readonly told: boolean;
}

interface Track {
  readonly pieces: readonly Piece[];
  readonly bars: readonly Bar[];
  readonly most: number;
}

const bit = (state: number): number => 1 << state;

const made = new Kept<RootLane, Track>();

function trackOf(timeline: Timeline, lane: RootLane, each: number): Track {
  return made.of(lane, each, () => {
    const pieces = piecesOf(timeline, lane, each);
    const most = pieces.reduce((sum, piece) => Math.max(sum, piece.most), 1);
    return { pieces, bars: barsOf(pieces), most };
  });
}

function barsOf(pieces: readonly Piece[]): Bar[] {
  const bars: Bar[] = [];
  for (const { from, to, seen, told } of pieces) {
    const state = told ? STATES.findIndex((_, k) => bit(k) === (seen & ~bit(GONE))) : -1;
    const before = bars.at(-1);
    if (state >= 0 && before?.state === state && before.to === from)
      bars[bars.length - 1] = { ...before, to };
    else bars.push({ from, to, state, seen, told });
  }
  return bars;
}

function piecesOf(timeline: Timeline, lane: RootLane, each: number): Piece[] {
  const pieces: Piece[] = [];
  let at = timeline.from;
  let state = lane.root?.state ?? GONE;
  let refs = lane.root?.count ?? 0;
  let told = true;
  const quiet = (to: number): void => {
    if (to <= at || (told && state === GONE)) return;
    pieces.push({ from: at, to, seen: bit(state), least: refs, most: refs, events: 0, detail: '', told });
  };
  let group = -1;
  for (const { bucket, first, last, events, life, counts } of lane.cells) {
    const key = Math.floor(bucket / each);
    const before = pieces.at(-1);
    const joins = key === group && before !== undefined && before.to === at;
    const detail = detailOf(counts);
    if (life === null) {
      quiet(first);
      pieces.push({ from: first, to: last + 1, seen: 0, least: 0, most: 0, events, detail, told: false });
      told = false;
      at = last + 1;
      group = key;
      continue;
    }
    const [after, seen, least, most, refsAfter] = life;
    if (joins) {
      const part = { seen: before.seen | seen, least: Math.min(before.least, least), told };
      const sum = { most: Math.max(before.most, most), events: before.events + events, detail: '' };
      pieces[pieces.length - 1] = { from: before.from, to: last + 1, ...part, ...sum };
    } else {
      quiet(first);
      pieces.push({ from: first, to: last + 1, seen, least, most, events, detail, told: true });
    }
    at = last + 1;
    [state, refs, group] = [after, refsAfter, key];
  }
  quiet(timeline.to + 1);
  return pieces;
}

function detailOf(counts: RootLane['cells'][number]['counts']): string {
  return Object.entries(counts)
    .sort(([, p], [, q]) => q - p)
    .map(([kind, n]) => `${kind} ${n}`)
    .join(', ');
}

export function drawRootBuckets(
  sheet: Sheet,
  timeline: Timeline,
  data: RootLane,
  lane: Lane,
  each: number,
): void {
  const { pieces, bars, most } = trackOf(timeline, data, each);
  const of: RootOf = { root: data.number, vm: data.root?.vm ?? null, role: data.root?.role ?? '' };
  for (const one of bars) {
    if (one.state >= 0) stateBar(sheet, lane, of, one);
    else if (one.told) mixed(sheet, lane, one);
    else untold(sheet, lane, one);
  }
  for (const piece of pieces) if (piece.events > 0) item(sheet, lane, of, piece);
  const freed = data.root?.freed ?? null;
  if (freed !== null) freedMark(sheet, lane, freed);
  counts(sheet, lane, pieces, most);
}

function mixed(sheet: Sheet, lane: Lane, { from, to, seen }: Bar): void {
  if (!sheet.sees(from, to)) return;
  const signs = STATES.filter((_, k) => (seen & bit(k)) !== 0);
  const w = Math.max(sheet.finest, sheet.wide(from, to));
  const h = barHeight(lane) / Math.max(1, signs.length);
  signs.forEach(({ colour, pattern }, k) => {
    sheet.rect(sheet.x(from), barTop(lane) + k * h, w, h, colour, pattern);
  });
}

function untold(sheet: Sheet, lane: Lane, { from, to }: Bar): void {
  if (!sheet.sees(from, to)) return;
  const w = Math.max(sheet.finest, sheet.wide(from, to));
  sheet.rect(sheet.x(from), barTop(lane), w, barHeight(lane), 'freed', 'outline');
}

function item(sheet: Sheet, lane: Lane, of: RootOf, piece: Piece): void {
  const { from, to, seen, least, most, events, told } = piece;
  if (!sheet.sees(from, to)) return;
  const states = STATES.filter((_, k) => (seen & bit(k)) !== 0).map(({ name }) => name);
  const words = told ? states.join(', ') : 'state not stored by the build that ran it';
  const refs =
    !told || least < 0 ? '' : least === most ? `, refcount ${least}` : `, refcount ${least} to ${most}`;
  const box = {
    x: sheet.x(from),
    y: lane.y,
    w: Math.max(sheet.finest, sheet.wide(from, to)),
    h: lane.height,
  };
  const name = `${lane.name} ${words}${refs}: ${count(events)} events`;
  sheet.item(rootItem(lane, of, { name, detail: piece.detail, from, to, ...box }));
}

/** The count as a line between cells and a band in them; a number where it changes and there is room. */
function counts(sheet: Sheet, lane: Lane, pieces: readonly Piece[], most: number): void {
  let points: number[] = [];
  let joinedAt = -1;
  let lastText = -Infinity;
  let shown = -1;
  const flush = (): void => {
    if (points.length > 2) sheet.line(points, 't1', 1);
    points = [];
  };
  for (const piece of pieces) {
    const { from, to, least } = piece;
    if (!piece.told || !sheet.sees(from, to)) continue;
    if (least < 0) {
      flush();
      unknownCount(sheet, lane, from, to);
      continue;
    }
    const x = Math.max(0, sheet.x(from));
    const right = Math.min(sheet.width, sheet.x(to));
    if (from !== joinedAt) flush();
    joinedAt = to;
    if (piece.most > least) {
      const [y, bottom] = [countY(lane, piece.most, most), countY(lane, least, most)];
      sheet.rect(x, y, Math.max(sheet.finest, right - x), Math.max(1, bottom - y), 't3');
    }
    // Within a band the line goes along its upper end.
    points.push(x, countY(lane, piece.most, most), right, countY(lane, piece.most, most));
    if (piece.most === least && least !== shown && x - lastText > NUMBER_PX && right - x > 9) {
      sheet.text(x + 2, lane.y + 12, String(least), 't2', 'bg1');
      [lastText, shown] = [x, least];
    }
  }
  flush();
}
