// Endless runs of a state graph. A litmus is meant to end, so a cycle that a fair scheduler can go round for ever is a
// bug: *livelock* when every thread that can go on again and again does (strong fairness: locks are handed on), else
// *starvation* when the cycle is fair only to threads that can always go on (weak fairness: somebody barges in each time).
import type { Model, Violation } from '../model.js';
import { eachEdge, type FairPart, fairParts } from './fair-parts.js';
import type { ScheduleStep } from './found.js';
import { unpackStep } from './nodes.js';
import { type Closed, shortestLasso } from './shortest-lasso.js';
import type { StateGraph } from './state-graph.js';

export interface Lasso {
  readonly violation: Violation;
  /** From the initial state to the cycle. */
  readonly stem: readonly ScheduleStep[];
  /** Back to the same state. */
  readonly cycle: readonly ScheduleStep[];
  /** No lasso of this kind has fewer steps, stem and cycle together; false: too many were to be tried. */
  readonly shortest: boolean;
}

/** A fair cycle of a finished graph, livelock before starvation; null when every fair run ends. */
export function fairCycle(graph: StateGraph, model: Model): Lasso | null {
  const { strong, weak } = fairParts(graph);
  const parts = strong.length > 0 ? strong : weak;
  if (parts.length === 0) return null;
  const { closed, shortest } = shortestLasso(graph, parts, strong.length === 0);
  const { entry, cycle, stepping, starved } = closed ?? throughAll(graph, model, nearest(parts));
  const stem = graph.nodes.scheduleTo(entry);
  const violation = violationOf(model, { stepping, starved }, stem, cycle);
  return { violation, stem, cycle, shortest };
}

/** The lowest number is nearest to the initial state. */
const entryOf = ({ states }: FairPart): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const state of states) least = Math.min(least, state);
  return least;
};
const nearest = (parts: readonly FairPart[]): FairPart =>
  parts.reduce((a, b) => (entryOf(b) < entryOf(a) ? b : a));

/** A closed walk through the part in which each of its threads steps, and each that never does stands still once. */
function throughAll(graph: StateGraph, model: Model, part: FairPart): Closed {
  const entry = entryOf(part);
  const cycle: ScheduleStep[] = [];
  let at = entry;
  const walk = (arrived: (state: number, step: number | null) => boolean): void => {
    const { steps, end } = pathWithin(graph, part.states, at, arrived);
    for (const step of steps) cycle.push(unpackStep(step));
    at = end;
  };
  for (let t = 0; t < model.threads.length; t++) {
    const bit = 1 << t;
    const stepped = cycle.some(({ thread }) => thread === t);
    if ((part.stepping & bit) !== 0 && !stepped) {
      walk((_state, step) => step !== null && unpackStep(step).thread === t);
    }
    if ((part.starved & bit) !== 0) walk((state) => (graph.enabled.words[state] & bit) === 0);
  }
  if (at !== entry || cycle.length === 0) walk((state, step) => step !== null && state === entry);
  return { entry, cycle, stepping: part.stepping, starved: part.starved };
}

/** A shortest walk from a state to where `arrived` holds of a state and the step that led there. */
function pathWithin(
  graph: StateGraph,
  states: ReadonlySet<number>,
  from: number,
  arrived: (state: number, step: number | null) => boolean,
): { readonly steps: readonly number[]; readonly end: number } {
  if (arrived(from, null)) return { steps: [], end: from };
  const cameBy = new Map<number, { readonly state: number; readonly step: number }>();
  const trace = (state: number, last: number): number[] => {
    const steps = [last];
    for (let at = state; at !== from; ) {
      const came = cameBy.get(at)!;
      steps.push(came.step);
      at = came.state;
    }
    return steps.toReversed();
  };
  const queue = [from];
  for (const state of queue) {
    let hit: { readonly steps: readonly number[]; readonly end: number } | null = null;
    eachEdge(graph, state, (to, step) => {
      if (hit !== null || !states.has(to)) return;
      if (arrived(to, step)) hit = { steps: trace(state, step), end: to };
      else if (to !== from && !cameBy.has(to)) {
        cameBy.set(to, { state, step });
        queue.push(to);
      }
    });
    if (hit !== null) return hit;
  }
  return { steps: [], end: from };
}

function violationOf(
  model: Model,
  part: Pick<FairPart, 'stepping' | 'starved'>,
  stem: readonly ScheduleStep[],
  cycle: readonly ScheduleStep[],
): Violation {
  model.reset();
  for (const { thread, choice } of stem) model.step(thread, choice);
  const starves = part.starved !== 0;
  const victim = starves ? 31 - Math.clz32(part.starved & -part.starved) : cycle[0].thread;
  const names = (bits: number): string[] =>
    model.threads.flatMap(({ name }, t) => ((bits & (1 << t)) === 0 ? [] : [name]));
  const going = names(part.stepping);
  const goRound = `${going.join(', ')} ${going.length === 1 ? 'goes' : 'go'} round`;
  const where = model.where(victim)[0] ?? { function: '', label: '' };
  const kind = starves ? 'starvation' : 'livelock';
  const what = starves
    ? `${names(part.starved).join(', ')} can go on again and again and never does, while ${goRound}`
    : `every fair run must end; here ${goRound} for ever in ${cycle.length} steps`;
  return { rule: kind, kind, what, thread: victim, function: where.function, label: where.label };
}
