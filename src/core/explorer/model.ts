// The port between a search and what it searches. A search knows states as flat words, threads as numbers and steps as
// choices; what a step means, which states are the same and which thread may be run alone is the model's business.
// Two models implement it: the real machine (kernel procedures of a protocol) and the coarse anchor.
import type { LitmusText } from '../scenarios/litmus/text/own-litmus.js';
import type { Coverage } from './survey/coverage.js';
import type { LockMatrix } from './survey/lock-matrix.js';
import type { SurveyCounts } from './survey/survey-counts.js';

/** What a model may leave out or merge; the verdict never depends on it. */
export interface Reductions {
  /** Persistent sets: `forced()` may name a thread that is run alone. */
  readonly persistent: boolean;
  /** `key()` merges states that differ only in names: vCPUs, workers, roots and pages. */
  readonly symmetry: boolean;
}

export interface ModelThread {
  readonly name: string;
}

/** How a step ended. */
export const STEP = {
  /** The thread took its step. */
  taken: 0,
  /** Something that must hold was broken by it: see `Model.violation()`. */
  violated: 1,
} as const;

export interface Violation {
  /** `I3`, or the name of a kernel assertion, or `crash`, `deadlock`, `livelock`, `starvation`. */
  readonly rule: string;
  readonly kind: 'safety' | 'assertion' | 'crash' | 'deadlock' | 'livelock' | 'starvation';
  /** What must hold and what was seen, in one sentence. */
  readonly what: string;
  readonly thread: number;
  readonly function: string;
  readonly label: string;
}

export interface Model {
  readonly threads: readonly ModelThread[];
  /**
   * Present where steps are those of the machine: who took the steps before the initial state. With a schedule behind them
   * they are the decisions of a session.
   */
  readonly prefix?: readonly number[];
  /** Present where `key` was to merge states by symmetry and cannot: why. */
  readonly keepsNames?: string | null;
  /** Present where words mean what procedures make of them: changes with those, with the scripts and with the initial state. */
  readonly digest?: string;
  /** Present where what is seen of each step can be counted: see survey/. */
  readonly sight?: Sight;
  /** Int32 words of a state as `save` writes it. Everything that decides the future is in there. */
  readonly words: number;
  /** Most words that `key` writes. */
  readonly keyWords: number;

  /** To the initial state. */
  reset(): void;
  load(from: Int32Array, at: number): void;
  save(to: Int32Array, at: number): void;

  /**
   * What identifies the present state in a visited set: equal keys, equal futures. Writes at most `keyWords` words,
   * returns how many. Without reductions the key still leaves out what no thread will ever read (freed pages, times).
   */
  key(to: Int32Array): number;

  /**
   * Where `key` gave thread t's place to another one, that place: equal keys have equal `renamed`. Right after `key`. A model
   * without it renames nobody.
   */
  renamed?(t: number): number;

  /** Choices of thread t here: 0 it waits or has ended, 1 an ordinary step, more where the model itself is undecided (a yield). */
  choices(t: number): number;
  /** Takes the step. Returns STEP.x. The state is the new one either way. */
  step(t: number, choice: number): number;
  /** After STEP.violated: the first thing that broke. */
  violation(): Violation;

  /**
   * A thread whose next step alone is a persistent set here (whatever the others do first, it commutes with it), or -1.
   * Only asked with `reductions.persistent`. The search keeps the cycle proviso.
   */
  forced(): number;
  /** Asked where no thread has a choice: true when this is a proper end, false for a deadlock. */
  ended(): boolean;
  /** At a proper end: the violations that only an end can show (leaks, work left), null when there are none. */
  endViolation(): Violation | null;

  /** Where thread t stands: kernel function and label of its next step, innermost first. For people. */
  where(t: number): readonly { readonly function: string; readonly label: string }[];
}

/** Counts what a search sees, once it is told to: numbers that cross threads and add up, and what they say in words. */
export interface Sight {
  on: boolean;
  counts(): SurveyCounts;
  /** Of these counts, which may be those of several workers. */
  locks(counts: SurveyCounts): LockMatrix;
  coverage(counts: SurveyCounts): Coverage;
}

/** A model can be built again, in another thread too: only plain data crosses. */
export interface ModelSpec {
  readonly litmus: string;
  readonly protocol: string;
  /** `--set` values, defaults filled in. */
  readonly parameters: { readonly [name: string]: number };
  readonly reductions: Reductions;
  /** Digest of the text of a protocol that a user brought: its name alone does not say which it is. */
  readonly protocolText?: string;
  /** The litmus is a user's own: this text, whatever its name. */
  readonly userLitmus?: LitmusText;
}
