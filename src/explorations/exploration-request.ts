// What may be asked of an exploration, checked once for the command line and the API: names, ranges, and what goes with what.
import { availableParallelism } from 'node:os';
import { BadInput } from '../core/base/errors.js';
import { modelSpec } from '../core/explorer/litmus/litmus.js';
import { DEFAULT_PCT_DEPTH, MAX_PCT_DEPTH } from '../core/explorer/search/sampled.js';
import type { LitmusText } from '../core/scenarios/litmus/text/own-litmus.js';
import {
  DEFAULT_BOUNDS,
  DEFAULT_SCHEDULES,
  type Exploration,
  MAX_EXPLORE_WORKERS,
  type SearchKind,
} from './exploration.js';
import { findLitmus } from './find-litmus.js';

/** Least and most of every number. */
export const EXPLORATION_RANGES = {
  preemptions: [0, 1_000],
  depth: [1, 1_000_000],
  states: [1, DEFAULT_BOUNDS.states],
  seconds: [1, DEFAULT_BOUNDS.seconds],
  bytes: [1, DEFAULT_BOUNDS.bytes],
  workers: [1, MAX_EXPLORE_WORKERS],
  seed: [0, Number.MAX_SAFE_INTEGER],
  schedules: [1, 100_000_000],
  pctDepth: [1, MAX_PCT_DEPTH],
} as const satisfies { readonly [name: string]: readonly [least: number, most: number] };
type NumberName = keyof typeof EXPLORATION_RANGES;
const NUMBERS = Object.keys(EXPLORATION_RANGES) as NumberName[];

export interface ExplorationRequest extends Partial<Readonly<Record<NumberName, number | undefined>>> {
  readonly litmus: string;
  /** A litmus of the user's own, instead of the one that the name stands for. */
  readonly userLitmus?: LitmusText | undefined;
  readonly protocol: string;
  /** Those that differ from their defaults. */
  readonly parameters: { readonly [name: string]: number };
  readonly reductions: 'none' | 'all';
  readonly search: SearchKind;
  readonly exact: boolean;
  readonly liveness: boolean;
  /** It goes on where another one was stopped, or leaves what is needed to go on. */
  readonly goesOn: boolean;
  readonly transplant?: string | undefined;
}

/** Where nothing is said: a command takes all cores and as long as it takes, a server leaves room for others. */
export interface ExplorationDefaults {
  readonly workers: number;
  readonly seconds: number;
  readonly bytes: number;
  /** How the caller names a field: `pctDepth`, `--pct-depth`. */
  readonly nameOf: (field: string) => string;
}

export const COMMAND_DEFAULTS: ExplorationDefaults = {
  workers: availableParallelism(),
  seconds: DEFAULT_BOUNDS.seconds,
  bytes: DEFAULT_BOUNDS.bytes,
  nameOf: (field) => `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
};

export const SERVER_DEFAULTS: ExplorationDefaults = {
  workers: Math.max(1, availableParallelism() - 1),
  seconds: 3_600,
  bytes: 1024 ** 3,
  nameOf: (field) => field,
};

/** Throws BadInput for what cannot be searched. @param build false: only who runs it knows the protocol */
export async function planExploration(
  request: ExplorationRequest,
  { nameOf, ...defaults }: ExplorationDefaults,
  build = true,
): Promise<Exploration> {
  const { protocol, parameters, search, preemptions, depth, exact, liveness, goesOn, transplant } = request;
  const litmus = await findLitmus(request);
  for (const name of NUMBERS) {
    const value = request[name];
    const [least, most] = EXPLORATION_RANGES[name];
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) continue;
    const text = `${nameOf(name)} is a whole number from ${least} to ${most}, got ${value}`;
    throw new BadInput('explore-option', text);
  }
  const exhaustive = search === 'exhaustive';
  if (liveness && (!exhaustive || preemptions !== undefined || depth !== undefined)) {
    throw new BadInput(
      'explore-liveness',
      `${nameOf('liveness')} takes an exhaustive search without bounds on preemptions and depth`,
    );
  }
  if (goesOn && (!exhaustive || depth !== undefined || exact)) {
    throw new BadInput(
      'explore-checkpoint',
      'to be stopped and gone on with takes an exhaustive search without a bound on depth that keeps hashes of states',
    );
  }
  const all = request.reductions === 'all';
  // A bound on preemptions counts what the order of forced steps changes, so it takes symmetry only.
  const persistent = all && preemptions === undefined && exhaustive;
  const spec = modelSpec(litmus, { protocol, parameters, reductions: { persistent, symmetry: all } });
  // Also refuses what only building refuses: a litmus that is not for this protocol, or none of that name.
  if (build) litmus.build(spec);
  if (transplant !== undefined && litmus.build({ ...spec, protocol: transplant }).prefix === undefined) {
    const text = `the steps of ${spec.litmus} are not those of the machine: there is nothing to transplant`;
    throw new BadInput('explore-transplant', text);
  }
  return {
    spec,
    search,
    bounds: {
      preemptions: preemptions ?? null,
      depth: depth ?? null,
      states: request.states ?? DEFAULT_BOUNDS.states,
      seconds: request.seconds ?? defaults.seconds,
      bytes: request.bytes ?? defaults.bytes,
    },
    workers: request.workers ?? defaults.workers,
    seed: request.seed ?? 1,
    schedules: request.schedules ?? DEFAULT_SCHEDULES,
    pctDepth: request.pctDepth ?? DEFAULT_PCT_DEPTH,
    exact,
    liveness,
  };
}
