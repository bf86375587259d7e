// The shortest lasso of a finished state graph: no other has fewer steps, stem and cycle together. Every state of a fair part may
// be where a cycle begins; numbers of states are in the order of a breadth-first search, so the first ones have the shortest stems,
// and who stands deeper than the best lasso is long need not be asked. From each, a breadth-first search for the way back that
// carries along who stepped and who could have gone on: only a way back that is fair closes the cycle.
import { eachEdge, type FairPart } from './fair-parts.js';
import type { ScheduleStep } from './found.js';
import { unpackStep } from './nodes.js';
import type { StateGraph } from './state-graph.js';

/** Nodes (a state, who stepped, who could go on) of one search and of all of them: some seconds. */
const MAX_NODES = 400_000;
const MAX_NODES_IN_ALL = 3_000_000;
/** Threads of a part: two bits each beside the number of the state. */
const MAX_PART_THREADS = 12;

export interface Closed {
  readonly entry: number;
  readonly cycle: readonly ScheduleStep[];
  /** Threads that step in it, and those that can go on somewhere in it and never do, as bits. */
  readonly stepping: number;
  readonly starved: number;
}

export interface ShortestLasso {
  /** Null: none was found before a limit. */
  readonly closed: Closed | null;
  /** No lasso is shorter; false: a limit came first. */
  readonly shortest: boolean;
}

/** @param weak fair only to threads that can go on at every step of the cycle */
export function shortestLasso(graph: StateGraph, parts: readonly FairPart[], weak: boolean): ShortestLasso {
  let best: Closed | null = null;
  let length = Number.POSITIVE_INFINITY;
  let left = MAX_NODES_IN_ALL;
  let shortest = true;
  const entries = parts
    .flatMap((part) => [...part.states].map((state) => ({ state, part })))
    .sort((a, b) => a.state - b.state);
  for (const { state, part } of entries) {
    const depth = graph.nodes.depthOf(state);
    if (depth + 1 >= length) break;
    if (left <= 0) {
      shortest = false;
      break;
    }
    const found = wayBack(graph, part, state, length - depth, weak, Math.min(left, MAX_NODES));
    left -= found.nodes;
    if (found.limited) shortest = false;
    if (found.closed === null) continue;
    best = found.closed;
    length = depth + best.cycle.length;
  }
  return { closed: best, shortest: shortest && best !== null };
}

/** A node of the search for a way back: nodes are numbered as they are met. */
interface Way {
  readonly state: number[];
  readonly stepped: number[];
  /** Weak: who could go on at every state so far; else at any. */
  readonly able: number[];
  readonly cameFrom: number[];
  readonly step: number[];
}

/** The shortest fair way from a state back to it with fewer steps than `below`. */
function wayBack(
  graph: StateGraph,
  part: FairPart,
  entry: number,
  below: number,
  weak: boolean,
  most: number,
): { readonly closed: Closed | null; readonly nodes: number; readonly limited: boolean } {
  const { words: enabled } = graph.enabled;
  const bits = bitsOf(part);
  if (bits.length > MAX_PART_THREADS) return { closed: null, nodes: 0, limited: true };
  const way: Way = { state: [], stepped: [], able: [], cameFrom: [], step: [] };
  const met = new Set<number>();
  const span = 1 << bits.length;
  const add = (state: number, stepped: number, able: number, cameFrom: number, step: number): void => {
    const key = (state * span + packed(bits, stepped)) * span + packed(bits, able);
    if (met.has(key)) return;
    met.add(key);
    way.state.push(state);
    way.stepped.push(stepped);
    way.able.push(able);
    way.cameFrom.push(cameFrom);
    way.step.push(step);
  };
  add(entry, 0, enabled[entry], -1, 0);
  let closed: Closed | null = null;
  let level = 0;
  for (let from = 0, to = way.state.length; from < to && closed === null; from = to, to = way.state.length) {
    if (++level >= below) break;
    for (let n = from; n < to && closed === null; n++) {
      if (way.state.length > most) return { closed: null, nodes: way.state.length, limited: true };
      eachEdge(graph, way.state[n], (next, step) => {
        if (closed !== null || !part.states.has(next)) return;
        const stepped = way.stepped[n] | (1 << unpackStep(step).thread);
        const able = weak ? way.able[n] & enabled[next] : way.able[n] | enabled[next];
        if (next === entry && (able & ~stepped) === 0) closed = closing(graph, way, n, step, stepped);
        else add(next, stepped, able, n, step);
      });
    }
  }
  return { closed, nodes: way.state.length, limited: false };
}

function closing(graph: StateGraph, way: Way, last: number, step: number, stepping: number): Closed {
  const steps = [step];
  let somewhere = 0;
  let entry = 0;
  for (let n = last; n >= 0; n = way.cameFrom[n]) {
    somewhere |= graph.enabled.words[way.state[n]];
    entry = way.state[n];
    if (way.cameFrom[n] >= 0) steps.push(way.step[n]);
  }
  return { entry, cycle: steps.reverse().map(unpackStep), stepping, starved: somewhere & ~stepping };
}

function bitsOf({ stepping, starved }: FairPart): number[] {
  return Array.from({ length: 31 }, (_, t) => 1 << t).filter((bit) => ((stepping | starved) & bit) !== 0);
}

/** The bits of a part's threads side by side. */
function packed(bits: readonly number[], mask: number): number {
  let out = 0;
  for (let k = 0; k < bits.length; k++) if ((mask & bits[k]) !== 0) out |= 1 << k;
  return out;
}
