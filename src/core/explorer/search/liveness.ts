// Endless runs of a state graph. A litmus is meant to end, so a cycle that a fair scheduler can go round for ever is a
// bug: *livelock* when every thread that can go on again and again does (strong fairness: locks are handed on), else
// *starvation* when the cycle is fair only to threads that can always go on (weak fairness: somebody barges in each time).
import type { Model, Violation } from '../model.js';
import { componentsOf } from './components.js';
import type { ScheduleStep } from './found.js';
import { unpackStep } from './nodes.js';
import type { StateGraph } from './state-graph.js';

export interface Lasso {
  readonly violation: Violation;
  /** From the initial state to the cycle. */
  readonly stem: readonly ScheduleStep[];
  /** Back to the same state. */
  readonly cycle: readonly ScheduleStep[];
}

/** States of a cycle, and which threads go round in it. */
interface FairPart {
  readonly states: ReadonlySet<number>;
  /** Threads that step within, as bits. */
  readonly stepping: number;
  /** Threads that can go on somewhere within and never do. */
  readonly starved: number;
}

/** A fair cycle of a finished graph, livelock before starvation; null when every fair run ends. */
export function fairCycle(graph: StateGraph, model: Model): Lasso | null {
  const all = Array.from({ length: graph.figures.states }, (_, k) => k);
  const weak: FairPart[] = [];
  const part = strongest(graph, all, weak) ?? weak[0];
  return part === undefined ? null : lasso(graph, model, part);
}

/** A strongly fair part, looked for ever deeper; weakly fair ones of the whole graph go to `weak`. */
function strongest(graph: StateGraph, all: readonly number[], weak: FairPart[]): FairPart | null {
  const work: { readonly states: readonly number[]; readonly whole: boolean }[] = [
    { states: all, whole: true },
  ];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    for (const component of componentsOf(graph, item.states)) {
      const states = new Set(component);
      const { stepping, somewhere, everywhere } = threadsOf(graph, states);
      if (stepping === 0) continue;
      const starved = somewhere & ~stepping;
      const found = { states, stepping, starved };
      if (starved === 0) return found;
      if (item.whole && (everywhere & ~stepping) === 0) weak.push(found);
      // A strongly fair cycle within avoids every state in which one of these could go on.
      const rest = component.filter((state) => (graph.enabled.words[state] & starved) === 0);
      if (rest.length > 0) work.push({ states: rest, whole: false });
    }
  }
  return null;
}

function threadsOf(graph: StateGraph, states: ReadonlySet<number>) {
  let stepping = 0;
  let somewhere = 0;
  let everywhere = -1;
  for (const state of states) {
    somewhere |= graph.enabled.words[state];
    everywhere &= graph.enabled.words[state];
    eachEdge(graph, state, (to, step) => {
      if (states.has(to)) stepping |= 1 << unpackStep(step).thread;
    });
  }
  return { stepping, somewhere, everywhere };
}

function eachEdge(graph: StateGraph, state: number, visit: (to: number, step: number) => void): void {
  const { firstEdge, edgeTo, edgeStep } = graph;
  for (let e = firstEdge.words[state]; e < firstEdge.words[state + 1]; e++) {
    visit(edgeTo.words[e], edgeStep.words[e]);
  }
}

/** A closed walk through the part in which each of its threads steps, and each that never does stands still once. */
function lasso(graph: StateGraph, model: Model, part: FairPart): Lasso {
  // The lowest number is nearest to the initial state.
  const entry = Math.min(...part.states);
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
  const stem = graph.nodes.scheduleTo(entry);
  return { violation: violationOf(model, part, stem, cycle), stem, cycle };
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
  part: FairPart,
  stem: readonly ScheduleStep[],
  cycle: readonly ScheduleStep[],
): Violation {
  model.reset();
  for (const { thread, choice } of stem) model.step(thread, choice);
  const starves = part.starved !== 0;
  const victim = starves ? 31 - Math.clz32(part.starved & -part.starved) : cycle[0].thread;
  const names = (bits: number): string =>
    model.threads.flatMap(({ name }, t) => ((bits & (1 << t)) === 0 ? [] : [name])).join(', ');
  const where = model.where(victim)[0] ?? { function: '', label: '' };
  const kind = starves ? 'starvation' : 'livelock';
  const what = starves
    ? `${names(part.starved)} can go on again and again and never does, while ${names(part.stepping)} go round`
    : `every fair run ends; here ${names(part.stepping)} go round for ever in ${cycle.length} steps`;
  return { rule: kind, kind, what, thread: victim, function: where.function, label: where.label };
}
