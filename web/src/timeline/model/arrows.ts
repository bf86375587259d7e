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
const LABELLED_PX = 130;
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

export function drawArrows(sheet: Sheet, list: readonly Arrow[], lanes: readonly Lane[]): void {
  const middle = new Map(
    lanes.filter(({ kind }) => kind === 'thread').map((lane) => [lane.number, lane.y + lane.height - 3]),
  );
  const drawn = new Set<string>();
  const labels: (readonly [x: number, to: number, y: number])[] = [];
  for (const { kind, from, to, fromThread, toThread } of list) {
    if (drawn.size >= MAX_ARROWS) return;
    if (!sheet.sees(from, to + 1) || sheet.wide(from, to) < LEAST_PX) continue;
    const y1 = middle.get(fromThread);
    const y2 = middle.get(toThread);
    if (y1 === undefined || y2 === undefined) continue;
    const [x1, x2] = [sheet.x(from + 0.5), sheet.x(to + 0.5)];
    const key = `${y1} ${y2} ${Math.round(x1 / APART_PX)} ${Math.round(x2 / APART_PX)}`;
    if (drawn.has(key)) continue;
    drawn.add(key);
    const ends = { x1, y1, x2, y2 };
    sheet.arrow({ fromLane: `thread:${fromThread}`, toLane: `thread:${toThread}`, from, to, ...ends });
    const words = WORDS[kind] ?? kind;
    if (labels.length >= MAX_LABELS || x2 - x1 < LABELLED_PX || x1 < 0 || x2 > sheet.width) continue;
    const [w, y] = [words.length * LETTER_PX, (y1 + y2) / 2 + 3];
    const x = (x1 + x2 - w) / 2;
    if (labels.some(([left, right, at]) => x < right && x + w > left && Math.abs(y - at) < LABEL_HEIGHT))
      continue;
    labels.push([x, x + w, y]);
    sheet.text(x, y, words, 'acc', 'bg1');
  }
}
