// Strongly connected components of a part of a state graph (Tarjan, 1972; without recursion).
import type { StateGraph } from './state-graph.js';

/** Components that have a cycle in them: of several states, or of one with a step to itself. */
export function componentsOf(graph: StateGraph, states: readonly number[]): number[][] {
  const { edgeTo, firstEdge } = graph;
  const count = graph.figures.states;
  const UNKNOWN = -1;
  const inside = new Uint8Array(count);
  for (const state of states) inside[state] = 1;
  const index = new Int32Array(count).fill(UNKNOWN);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const nextEdge = new Int32Array(count);
  const stack: number[] = [];
  const path: number[] = [];
  const found: number[][] = [];
  let next = 0;

  const enter = (state: number): void => {
    index[state] = next;
    low[state] = next++;
    nextEdge[state] = firstEdge.words[state];
    onStack[state] = 1;
    stack.push(state);
    path.push(state);
  };
  const hasSelfLoop = (state: number): boolean => {
    for (let e = firstEdge.words[state]; e < firstEdge.words[state + 1]; e++) {
      if (edgeTo.words[e] === state) return true;
    }
    return false;
  };
  const close = (state: number): void => {
    if (low[state] !== index[state]) return;
    const component: number[] = [];
    for (;;) {
      const member = stack.pop()!;
      onStack[member] = 0;
      component.push(member);
      if (member === state) break;
    }
    if (component.length > 1 || hasSelfLoop(state)) found.push(component);
  };

  for (const root of states) {
    if (index[root] !== UNKNOWN) continue;
    enter(root);
    while (path.length > 0) {
      const state = path[path.length - 1];
      if (nextEdge[state] === firstEdge.words[state + 1]) {
        path.pop();
        close(state);
        const below = path[path.length - 1];
        if (below !== undefined) low[below] = Math.min(low[below], low[state]);
        continue;
      }
      const to = edgeTo.words[nextEdge[state]++];
      if (inside[to] === 0) continue;
      if (index[to] === UNKNOWN) enter(to);
      else if (onStack[to] === 1) low[state] = Math.min(low[state], index[to]);
    }
  }
  return found;
}
