// What is asked of an exploration, and what it answers. Plain data: it crosses threads, and it is what the CLI prints.
import type { ModelSpec } from '../core/explorer/model.js';
import type { BesideFigure } from '../core/explorer/report/beside.js';
import type { CounterexampleReport } from '../core/explorer/report/counterexample-text.js';
import type { Estimate } from '../core/explorer/search/estimate.js';
import type { Bound, ScheduleStep } from '../core/explorer/search/found.js';
import type { Sampling } from '../core/explorer/search/sampled.js';
import type { Shortness } from '../core/explorer/search/shortest.js';
import type { Coverage } from '../core/explorer/survey/coverage.js';
import type { LockMatrix } from '../core/explorer/survey/lock-matrix.js';

export const SEARCHES = ['exhaustive', 'random', 'pct'] as const;
export type SearchKind = 'exhaustive' | Sampling;

export interface ExplorationBounds {
  readonly preemptions: number | null;
  readonly depth: number | null;
  readonly states: number;
  readonly seconds: number;
  readonly bytes: number;
}

/** Far above the litmus that this build has; reaching one is the verdict `bound_reached`. */
export const DEFAULT_BOUNDS: ExplorationBounds = {
  preemptions: null,
  depth: null,
  states: 400_000_000,
  seconds: 24 * 3_600,
  bytes: 8 * 1024 ** 3,
};

/** Schedules that a random or PCT search tries where it is not told. */
export const DEFAULT_SCHEDULES = 10_000;
/** Stored states from which on other threads are worth their start. */
export const STATES_BEFORE_THREADS = 300_000;
export const MAX_EXPLORE_WORKERS = 64;

export interface Exploration {
  readonly spec: ModelSpec;
  readonly search: SearchKind;
  readonly bounds: ExplorationBounds;
  readonly workers: number;
  readonly seed: number;
  readonly schedules: number;
  readonly pctDepth: number;
  /** Whole keys in the visited set instead of 64 bits of each; on one worker. */
  readonly exact: boolean;
  readonly liveness: boolean;
}

/** How far a search is. */
export interface ExplorationProgress {
  readonly states: number;
  readonly transitions: number;
  /** Steps of the longest schedule followed so far. */
  readonly depth: number;
  /** States that wait to be searched from. */
  readonly waiting: number;
  /** In all, also before it was stopped and went on. */
  readonly seconds: number;
  /** Since it began or went on. */
  readonly statesPerSecond: number;
  /** How far it will go; null: nothing is known yet, or it was over too soon. */
  readonly estimate: Estimate | null;
  /** A checkpoint was written since it began or went on. */
  readonly checkpointed: boolean;
}

export type ExplorationVerdict = 'holds' | 'violated' | 'bound_reached';

export interface CounterexampleStep extends ScheduleStep {
  readonly name: string;
  readonly function: string;
  readonly label: string;
}

export interface Counterexample {
  readonly what: string;
  readonly thread: string;
  readonly function: string;
  readonly label: string;
  readonly length: number;
  readonly shortness: Shortness;
  /** Enough to run it again: thread and choice of every step. */
  readonly schedule: readonly ScheduleStep[];
  readonly steps: readonly CounterexampleStep[];
  /** Steps at the end that repeat for ever; 0 where it ends. */
  readonly cycle: number;
  /** Number of the first of them, from 1; null where it ends. */
  readonly cycleStart: number | null;
}

export interface ExplorationResult {
  readonly verdict: ExplorationVerdict;
  readonly litmus: string;
  readonly protocol: string;
  readonly parameters: { readonly [name: string]: number };
  readonly search: SearchKind;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly terminalStates: number;
  readonly seconds: number;
  readonly statesPerSecond: number;
  /** Rule that is broken, such as `I3`, or `deadlock`; null where none is. */
  readonly invariant: string | null;
  readonly kind: string | null;
  /** Session of the counterexample; null until one is stored. */
  readonly sessionId: string | null;
  readonly counterexample: Counterexample | null;
  /**
   * Metrics, budgets and properties of schedules, from two runs: they never make the verdict `violated`. Null: they were not asked
   * for, or steps are not those of the machine.
   */
  readonly beside: readonly BesideFigure[] | null;
  /** The counterexample for people, at the smallest workload that has it; null: there is none (present.ts). */
  readonly report?: CounterexampleReport | null;
  /** What was left out or merged; the verdict does not depend on it. */
  readonly reductions: readonly string[];
  /** Reductions that were asked for and cannot be had: `symmetry not possible: why`. */
  readonly notReduced: readonly string[];
  /** Bounds that were met. */
  readonly boundsReached: readonly Bound[];
  readonly bounds: ExplorationBounds;
  readonly workers: number;
  readonly schedules: number | null;
  /** Visited states and, as `--bytes` counts them, the stack. */
  readonly bytes: number;
  readonly visitedBytes: number;
  /** Of the visited states alone. */
  readonly bytesPerState: number;
  /** Null where keys were kept whole. */
  readonly collisionProbability: number | null;
  readonly liveness: boolean;
  /** Locks held at each operation, against what is declared; null where steps name no locks. */
  readonly locks: LockMatrix | null;
  /** Orders of conflicting operations that were seen; null where steps name no objects. */
  readonly coverage: Coverage | null;
}
