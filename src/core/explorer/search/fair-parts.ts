// The parts of a state graph in which a fair scheduler can go round for ever. Every fair cycle lies in one of them, and each has
// one: a closed walk through the whole part.
import { componentsOf } from './components.js';
import { unpackStep } from './nodes.js';
import type { StateGraph } from './state-graph.js';

/** States of a cycle, and which threads go round in it. */
export interface FairPart {
  readonly states: ReadonlySet<number>;
  /** Threads that step within, as bits. */
  readonly stepping: number;
  /** Threads that can go on somewhere within and never do. */
  readonly starved: number;
}

export interface FairParts {
  /** Every thread that can go on again and again does: locks are handed on. */
  readonly strong: readonly FairPart[];
  /** Every thread that can go on all the time does: somebody may barge in each time. */
  readonly weak: readonly FairPart[];
}

/** Strongly fair parts, looked for ever deeper; weakly fair ones of the whole graph. */
export function fairParts(graph: StateGraph): FairParts {
  const strong: FairPart[] = [];
  const weak: FairPart[] = [];
  const all = Array.from({ length: graph.figures.states }, (_, k) => k);
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
      if (starved === 0) {
        strong.push(found);
        continue;
      }
      if (item.whole && (everywhere & ~stepping) === 0) weak.push(found);
      // A strongly fair cycle within avoids every state in which one of these could go on.
      const rest = component.filter((state) => (graph.enabled.words[state] & starved) === 0);
      if (rest.length > 0) work.push({ states: rest, whole: false });
    }
  }
  return { strong, weak };
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

export function eachEdge(graph: StateGraph, state: number, visit: (to: number, step: number) => void): void {
  const { firstEdge, edgeTo, edgeStep } = graph;
  for (let e = firstEdge.words[state]; e < firstEdge.words[state + 1]; e++) {
    visit(edgeTo.words[e], edgeStep.words[e]);
  }
}
