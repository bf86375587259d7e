// Arrows from who let another thread go on to where that thread did: release to acquire, queue to run. Those that would lie on
// each other are one; a long one says what it is.
import { LETTER_PX } from './fit.js';
import type { Lane } from './lanes.js';
import type { Sheet } from './sheet.js';

export interface Arrow {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly fromThread: number;
  readonly toThread: number;
}

const MAX_ARROWS = 300;
const LEAST_PX = 4;
/** Ends that are closer than this cannot be told apart. */
const APART_PX = 3;
/** What can be followed by eye from one lane to another; beyond this they are thinned, to ends this far apart at most. */
const MAX_BETWEEN = 24;
const MAX_APART_PX = 48;
const LABELLED_PX = 130;
const LABEL_GAP_PX = 6;
const MAX_LABELS = 8;
const LABEL_HEIGHT = 13;

const WORDS: { readonly [kind: string]: string } = {
  lock: 'release → acquire',
  work: 'queue → run',
  workFlush: 'work done → flush returns',
  request: 'request → taken',
  ipi: 'IPI → exit',
  vcpuOutside: 'exit → go on',
  rcuCallback: 'call_rcu → callback',
  gracePeriod: 'call_rcu → grace period',
  rcuReader: 'read unlock → grace period',
  rcuBarrier: 'callback → barrier',
  srcuReader: 'SRCU unlock → synchronized',
};

interface Drawn {
  readonly arrow: Arrow;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export function drawArrows(sheet: Sheet, list: readonly Arrow[], lanes: readonly Lane[]): void {
  const drawn = toldApart(seen(sheet, list, lanes));
  for (const { arrow, ...ends } of drawn) {
    const { from, to, fromThread, toThread } = arrow;
    sheet.arrow({ fromLane: `thread:${fromThread}`, toLane: `thread:${toThread}`, from, to, ...ends });
  }
  // After all of them: an arrow through a word is a word nobody reads.
  label(sheet, drawn);
}

function seen(sheet: Sheet, list: readonly Arrow[], lanes: readonly Lane[]): readonly Drawn[] {
  const middle = new Map(
    lanes.filter(({ kind }) => kind === 'thread').map((lane) => [lane.number, lane.y + lane.height - 3]),
  );
  const all: Drawn[] = [];
  for (const arrow of list) {
    const { from, to, fromThread, toThread } = arrow;
    if (!sheet.sees(from, to + 1) || sheet.wide(from, to) < LEAST_PX) continue;
    const y1 = middle.get(fromThread);
    const y2 = middle.get(toThread);
    if (y1 === undefined || y2 === undefined) continue;
    all.push({ arrow, x1: sheet.x(from + 0.5), y1, x2: sheet.x(to + 0.5), y2 });
  }
  return all;
}

/** One of those whose ends lie on each other; between the same two threads ever coarser until they are no longer one blot. */
function toldApart(all: readonly Drawn[]): readonly Drawn[] {
  const pairs = new Map<string, Drawn[]>();
  for (const one of all) {
    const key = `${one.y1} ${one.y2}`;
    const of = pairs.get(key);
    if (of === undefined) pairs.set(key, [one]);
    else of.push(one);
  }
  const drawn: Drawn[] = [];
  for (const of of pairs.values()) {
    let apart = APART_PX;
    let kept = ofEach(of, apart);
    while (kept.length > MAX_BETWEEN && apart < MAX_APART_PX) {
      apart *= 2;
      kept = ofEach(of, apart);
    }
    drawn.push(...kept);
  }
  return drawn.slice(0, MAX_ARROWS);
}

function ofEach(list: readonly Drawn[], apart: number): Drawn[] {
  const kept = new Map<string, Drawn>();
  for (const one of list) {
    const key = `${Math.round(one.x1 / apart)} ${Math.round(one.x2 / apart)}`;
    if (!kept.has(key)) kept.set(key, one);
  }
  return [...kept.values()];
}

function label(sheet: Sheet, drawn: readonly Drawn[]): void {
  const labels: (readonly [x: number, to: number, y: number])[] = [];
  const told = new Map<string, number>();
  for (const { arrow, x1, y1, x2, y2 } of drawn) {
    if (labels.length >= MAX_LABELS) return;
    if (x2 - x1 < LABELLED_PX || x1 < 0 || x2 > sheet.width) continue;
    const words = WORDS[arrow.kind] ?? arrow.kind;
    // A fan of arrows between two threads says once what it is; what begins behind its end says it again.
    const key = `${words} ${y1} ${y2}`;
    if (x1 < (told.get(key) ?? -Infinity)) continue;
    const [w, y] = [words.length * LETTER_PX, (y1 + y2) / 2 + 3];
    const x = (x1 + x2 - w) / 2;
    const [left, right] = [x - LABEL_GAP_PX, x + w + LABEL_GAP_PX];
    if (labels.some(([l, r, at]) => left < r && right > l && Math.abs(y - at) < LABEL_HEIGHT)) continue;
    told.set(key, x2);
    labels.push([x, x + w, y]);
    sheet.text(x, y, words, 'acc', 'bg1');
  }
}
