// From "it is violated" to a counterexample worth reading. Always on one thread, so the same for any number of workers: a
// breadth-first search with the reductions, then one without persistent sets for a shorter one, as far as a budget goes.
import type { Model } from '../model.js';
import { BreadthFirst } from './breadth-first.js';
import { type Found, replay, type ScheduleStep, type SearchBounds } from './found.js';
import { HashTable } from './visited.js';

/**
 * Transitions that may go into a shortest counterexample: what takes some seconds. A transition costs about what its state is
 * long, so it is bounded in words; bounds in time would give another counterexample on another machine.
 */
const SHORTEST_WORDS = 800_000_000;
const MIN_SHORTEST_TRANSITIONS = 100_000;
const MAX_SHORTEST_TRANSITIONS = 12_000_000;
/** Of those, the part that may go into one without persistent sets that is shorter still, and into leaving steps out. */
const SHORTER_SHARE = 4;
const MAX_SHORTER_TRANSITIONS = 500_000;
/** Replays of a schedule while it is being minimised. */
const MAX_REPLAYS = 2_000;

/**
 * How short a counterexample is: no schedule at all is shorter; none of the reduced search is; no single stretch of it can be left
 * out; or, of an endless run of which too many were to be compared, nothing is known. An endless run is as long as its stem and
 * its cycle together.
 */
export type Shortness =
  | 'shortest'
  | 'shortest of the reduced search'
  | 'minimised'
  | 'found first, not minimised';

export function shortestTransitions(model: Model): number {
  const most = Math.min(MAX_SHORTEST_TRANSITIONS, Math.floor(SHORTEST_WORDS / model.words));
  return Math.max(MIN_SHORTEST_TRANSITIONS, most);
}

/** A shorter counterexample of any schedule; null: there is none; undefined: not known within the budget. */
export function shorterThan(model: Model, found: Found, bounds: SearchBounds): Found | null | undefined {
  const depth = found.schedule.length - 1;
  const search = new BreadthFirst(model, new HashTable(bounds.bytes), {
    persistent: false,
    bounds: { ...bounds, depth },
  });
  let state = search.start();
  if (state === 'working') state = search.advance(shorterTransitions(model));
  if (state === 'violated') return search.found;
  return state === 'finished' ? null : undefined;
}

function shorterTransitions(model: Model): number {
  return Math.min(MAX_SHORTER_TRANSITIONS, Math.floor(shortestTransitions(model) / SHORTER_SHARE));
}

/** Leaves out stretches of a schedule, ever smaller ones, as long as the same rule is broken at its end. */
export function minimise(model: Model, found: Found): Found {
  let best = found;
  let replays = 0;
  let steps = shortestTransitions(model) / SHORTER_SHARE;
  for (let stretch = found.schedule.length >> 1; stretch > 0; stretch >>= 1) {
    for (let at = 0; at < best.schedule.length && replays < MAX_REPLAYS && steps > 0; ) {
      replays++;
      steps -= best.schedule.length;
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
