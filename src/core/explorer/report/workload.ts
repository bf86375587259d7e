// The smallest workload of a litmus that is still violated, each one searched breadth first within a budget of transitions, so that
// the answer is the same on every machine. Of a shipped litmus: its parameters, from the smallest on. Of a user's own: what it can
// do without, threads first and then calls; each that is not needed is left out for good.
import { BadInput } from '../../base/errors.js';
import { isLeft, leavable, without } from '../../scenarios/litmus/text/smaller.js';
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
  readonly litmus: Litmus;
  readonly spec: ModelSpec;
  readonly found: Found;
}

/** What is left of the transitions for all of them. */
interface Budget {
  left: number;
}

/** Yields now and then; returns the smallest that breaks the same rule, or null: none smaller is known to. */
export function* smallestWorkload(
  litmus: Litmus,
  spec: ModelSpec,
  rule: string,
): Generator<void, SmallerFound | null> {
  const budget = { left: MAX_TRANSITIONS_IN_ALL };
  if (litmus.userLitmus !== undefined) return yield* smallestText(litmus, spec, rule, budget);
  for (const parameters of smallerParameters(litmus, spec)) {
    const smaller = { ...spec, parameters };
    const found = yield* searched(litmus, smaller, rule, budget);
    if (found !== null) return { litmus, spec: smaller, found };
  }
  return null;
}

function* smallestText(
  litmus: Litmus,
  spec: ModelSpec,
  rule: string,
  budget: Budget,
): Generator<void, SmallerFound | null> {
  const { userLitmus, withText } = litmus;
  if (userLitmus === undefined || withText === undefined) return null;
  let { text } = userLitmus;
  let smallest: SmallerFound | null = null;
  for (const places of leavable(text).slice(0, MAX_WORKLOADS)) {
    if (!isLeft(text, places)) continue;
    const candidate = without(text, places);
    try {
      const smaller = withText(candidate);
      const asked = { ...spec, userLitmus: { text: candidate } };
      const found = yield* searched(smaller, asked, rule, budget);
      if (found === null) continue;
      text = candidate;
      smallest = { litmus: smaller, spec: asked, found };
    } catch (error) {
      // What is left is no litmus: a thread would wait for ever, or a call needs the one that is gone.
      if (!(error instanceof BadInput)) throw error;
    }
  }
  return smallest;
}

function* searched(
  litmus: Litmus,
  spec: ModelSpec,
  rule: string,
  budget: Budget,
): Generator<void, Found | null> {
  if (budget.left <= 0) return null;
  const search = new BreadthFirst(litmus.build(spec), new HashTable(MAX_BYTES), {
    persistent: spec.reductions.persistent,
    bounds: BOUNDS,
  });
  let state = search.start();
  while (state === 'working' && search.figures.transitions < Math.min(MAX_TRANSITIONS, budget.left)) {
    state = search.advance(SLICE);
    yield;
  }
  budget.left -= search.figures.transitions;
  return search.found?.violation.rule === rule ? search.found : null;
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
