// Steps through a session: one event, one step (the events that one thread made at one site, one behind the other), or to
// the thread's next event in another frame: a function called or returned from. Each has its way back.
import type { Direction, Sought, Traveller } from './traveller.js';

export const STEP_KINDS = ['event', 'step', 'function'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** @param thread whose functions count; default: the thread of the event at `from` */
export function step(
  t: Traveller,
  kind: StepKind,
  direction: Direction,
  from: number,
  limit: number,
  thread?: number,
): Sought {
  const forward = direction === 'forward';
  if (from === (forward ? t.end : 0)) return { position: null, looked: 0, next: null };
  if (kind === 'event') return { position: forward ? from + 1 : from - 1, looked: 1, next: null };
  if (kind === 'step') return forward ? stepOn(t, from, limit) : stepBack(t, from, limit);
  return toOtherFrame(t, direction, from, limit, thread);
}

/** To the end of the step that the next event belongs to. */
function stepOn(t: Traveller, from: number, limit: number): Sought {
  let p = from + 1;
  while (p < t.end && p - from < limit && sameStep(t, p, p + 1, 'forward')) p++;
  return { position: p, looked: p - from, next: null };
}

/** To before the step that the event at `from` belongs to. */
function stepBack(t: Traveller, from: number, limit: number): Sought {
  let p = from;
  while (p > 1 && from - p < limit && sameStep(t, p, p - 1, 'backward')) p--;
  return { position: p - 1, looked: from - p + 1, next: null };
}

function sameStep(t: Traveller, p: number, q: number, direction: Direction): boolean {
  const [one, other] = [rowAt(t, p, direction), rowAt(t, q, direction)];
  return one.thread === other.thread && one.site === other.site;
}

function toOtherFrame(
  t: Traveller,
  direction: Direction,
  from: number,
  limit: number,
  asked: number | undefined,
): Sought {
  const thread = asked ?? rowAt(t, Math.max(1, from), direction).thread;
  t.moveTo(from);
  const here = frameOf(t, t.moment.lastSeen.site[thread]);
  const by = direction === 'forward' ? 1 : -1;
  let looked = 0;
  for (let p = from + by; p >= 1 && p <= t.end; p += by) {
    if (looked % 4_096 === 0) t.checkCancelled();
    if (looked === limit) return { position: null, looked, next: p - by };
    looked++;
    const row = rowAt(t, p, direction);
    if (row.thread === thread && frameOf(t, row.site) !== here) return { position: p, looked, next: null };
  }
  return { position: null, looked, next: null };
}

/** Names one call of one function, as far as events tell: its function and where it was called from. */
function frameOf(t: Traveller, site: number): string {
  const found = t.moment.site(site);
  return found === undefined ? '' : `${found.parent} ${found.function}`;
}

/** Rows that are read at once on the way back. */
const BACK_ROWS = 4_096;

function rowAt(
  t: Traveller,
  position: number,
  direction: Direction,
): { readonly thread: number; readonly site: number } {
  const window = t.windowAt(position, position, direction === 'backward' ? BACK_ROWS : 0);
  const i = position - window.from;
  return { thread: window.rows.thread[i], site: window.rows.site[i] };
}
