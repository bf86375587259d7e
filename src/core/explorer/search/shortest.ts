// From "it is violated" to a counterexample worth reading. Always on one thread, so the same for any number of workers: a
// breadth-first search with the reductions, then one without persistent sets for a shorter one, as far as a budget goes.
import type { Model } from '../model.js';
import { BreadthFirst } from './breadth-first.js';
import { type Found, replay, type ScheduleStep, type SearchBounds } from './found.js';
import { HashTable } from './visited.js';

/** Transitions that may go into looking for a counterexample without persistent sets that is shorter still. */
export const SHORTER_TRANSITIONS = 500_000;
/** Replays of a schedule while it is being minimised. */
const MAX_REPLAYS = 2_000;

/**
 * How short a counterexample is: no schedule at all is shorter; none of the reduced search is; or no single stretch of
 * it can be left out.
 */
export type Shortness = 'shortest' | 'shortest of the reduced search' | 'minimised';

/** A shorter counterexample of any schedule; null: there is none; undefined: not known within the budget. */
export function shorterThan(model: Model, found: Found, bounds: SearchBounds): Found | null | undefined {
  const depth = found.schedule.length - 1;
  const search = new BreadthFirst(model, new HashTable(bounds.bytes), {
    persistent: false,
    bounds: { ...bounds, depth },
  });
  let state = search.start();
  if (state === 'working') state = search.advance(SHORTER_TRANSITIONS);
  if (state === 'violated') return search.found;
  return state === 'finished' ? null : undefined;
}

/** Leaves out stretches of a schedule, ever smaller ones, as long as the same rule is broken at its end. */
export function minimise(model: Model, found: Found): Found {
  let best = found;
  let replays = 0;
  for (let stretch = found.schedule.length >> 1; stretch > 0; stretch >>= 1) {
    for (let at = 0; at < best.schedule.length && replays < MAX_REPLAYS; ) {
      replays++;
      const shorter = withoutStretch(model, best, at, stretch);
      if (shorter === null) at += stretch;
      else best = shorter;
    }
  }
  return best;
}

function withoutStretch(model: Model, found: Found, at: number, stretch: number): Found | null {
  const schedule: ScheduleStep[] = [...found.schedule.slice(0, at), ...found.schedule.slice(at + stretch)];
  const violation = replay(model, schedule);
  return violation?.rule === found.violation.rule ? { violation, schedule } : null;
}
