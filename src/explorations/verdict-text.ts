// What an exploration established, in words: the same in a terminal, in the API and on the page.
import type { Bound } from '../core/explorer/search/found.js';
import type { ExplorationResult } from './exploration.js';

const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

export function settingsOf(parameters: { readonly [name: string]: number }): string {
  const words = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

const BOUND_TEXT: { readonly [B in Bound]: (result: ExplorationResult) => string } = {
  preemptions: (r) => `schedules with more than ${r.bounds.preemptions} preemptions were left out`,
  depth: (r) => `schedules were followed for ${r.bounds.depth ?? 'a limited number of'} steps`,
  states: (r) => `the search ended at ${grouped(r.bounds.states)} states`,
  seconds: (r) => `the search ended after ${r.bounds.seconds} seconds`,
  bytes: (r) => `the search ended before it took more than ${grouped(r.bounds.bytes)} bytes`,
  schedules: (r) => `${grouped(r.schedules ?? 0)} schedules were tried`,
};

export function verdictText(r: ExplorationResult): string[] {
  const what = `${r.litmus}${settingsOf(r.parameters)} under ${r.protocol}`;
  // Who waits for something that never comes is stuck; who goes round for ever is found by its own search only.
  const live = r.liveness
    ? 'nobody is stuck, and every fair run ends'
    : 'nobody is stuck (endless runs: --liveness)';
  if (r.verdict === 'holds') return [`holds: ${what}: in every interleaving no rule is broken, ${live}`];
  if (r.verdict === 'violated') return [`violated: ${what}: ${r.invariant} (${r.kind})`];
  const bounds = r.boundsReached.map((bound) => BOUND_TEXT[bound](r));
  return [
    `bound_reached: ${what}: no rule is broken in what was searched, which is not everything: ${
      bounds.length === 0 ? 'it was stopped' : bounds.join('; ')
    }`,
  ];
}

/** What is told beside the verdict; empty where nothing is. */
export function besideText({ beside, litmus }: ExplorationResult): string[] {
  if (beside === undefined) return [];
  if (beside === null) return [`nothing is measured beside the verdict: ${litmus} has no machine to measure`];
  const figures = beside.map(({ property, kind, text, value, limit }) => {
    const above =
      limit === null || value <= limit
        ? ''
        : kind === 'budget'
          ? `, which exceeds the budget of ${limit}`
          : `, which is more than ${limit}`;
    return `${property} ${text}${above}`;
  });
  return [`beside the verdict, seen in two runs, not in all interleavings: ${figures.join('; ')}`];
}

export function figuresText(r: ExplorationResult): string[] {
  const reduced = r.reductions.length === 0 ? 'nothing reduced' : `reduced by ${r.reductions.join(', ')}`;
  const reductions = [reduced, ...r.notReduced].join('; ');
  const hashing =
    r.collisionProbability === null
      ? 'whole states kept'
      : `64 bits kept of each: two taken for one with probability ${r.collisionProbability.toExponential(1)}`;
  return [
    `${grouped(r.states)} states (${r.terminalStates} of them ends), ${grouped(r.transitions)} transitions, longest schedule followed ${r.depth} steps`,
    `${r.seconds.toFixed(2)} s, ${grouped(r.statesPerSecond)} states/s, ${r.workers === 1 ? 'one thread' : `${r.workers} threads`}, ${bytesText(r)}`,
    `${reductions}; ${hashing}`,
  ];
}

/** Results that an older version has stored do not tell the stack apart. */
function bytesText({
  bytes,
  bytesPerState,
  visitedBytes,
}: {
  readonly bytes: number;
  readonly bytesPerState: number;
  readonly visitedBytes?: number;
}): string {
  const each = `${bytesPerState.toFixed(1)} a state`;
  if (visitedBytes === undefined) return `${grouped(bytes)} bytes (${each})`;
  return `${grouped(visitedBytes)} bytes of visited states (${each}), ${grouped(bytes - visitedBytes)} of the stack`;
}
