// The smallest workload of a litmus that is still violated: parameters from the smallest on, each searched breadth first within
// a budget of transitions, so that the answer is the same on every machine.
import type { Litmus } from '../litmus/litmus.js';
import type { ModelSpec } from '../model.js';
import { BreadthFirst } from '../search/breadth-first.js';
import type { Found, SearchBounds } from '../search/found.js';
import { HashTable } from '../search/visited.js';

/** Transitions of one search and of all of them; states kept by one. */
const MAX_TRANSITIONS = 200_000;
const MAX_TRANSITIONS_IN_ALL = 800_000;
const MAX_STATES = 150_000;
const MAX_BYTES = 512 * 1024 ** 2;
/** Transitions after which the caller may look at the clock. */
const SLICE = 10_000;
/** Workloads that are looked at. */
const MAX_WORKLOADS = 256;

const BOUNDS: SearchBounds = { preemptions: null, depth: null, states: MAX_STATES, bytes: MAX_BYTES };

export interface SmallerFound {
  readonly spec: ModelSpec;
  readonly found: Found;
}

/** Yields now and then; returns the smallest that breaks the same rule, or null: none smaller is known to. */
export function* smallestWorkload(
  litmus: Litmus,
  spec: ModelSpec,
  rule: string,
): Generator<void, SmallerFound | null> {
  let left = MAX_TRANSITIONS_IN_ALL;
  const { persistent } = spec.reductions;
  for (const parameters of smallerParameters(litmus, spec)) {
    if (left <= 0) return null;
    const smaller = { ...spec, parameters };
    const search = new BreadthFirst(litmus.build(smaller), new HashTable(MAX_BYTES), {
      persistent,
      bounds: BOUNDS,
    });
    let state = search.start();
    while (state === 'working' && search.figures.transitions < Math.min(MAX_TRANSITIONS, left)) {
      state = search.advance(SLICE);
      yield;
    }
    left -= search.figures.transitions;
    if (search.found?.violation.rule === rule) return { spec: smaller, found: search.found };
  }
  return null;
}

/** Every setting that is nowhere above the asked one, but not the asked one itself: those with the least in all first. */
function smallerParameters(litmus: Litmus, spec: ModelSpec): { [name: string]: number }[] {
  let all: { [name: string]: number }[] = [{}];
  for (const [name, { min }] of Object.entries(litmus.parameters)) {
    const most = spec.parameters[name] ?? min;
    const values = Array.from({ length: most - min + 1 }, (_, k) => min + k);
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))).slice(0, MAX_WORKLOADS);
  }
  const size = (one: { [name: string]: number }): number =>
    Object.values(one).reduce((sum, value) => sum + value, 0);
  const asked = size(spec.parameters);
  return all.filter((one) => size(one) < asked).sort((a, b) => size(a) - size(b));
}
