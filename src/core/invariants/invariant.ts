// What an invariant is: a reducer over events that looks at the world before or after each of them and reports what it
// finds broken. It keeps no objects while running: a few counters and typed arrays, so that its state can be saved,
// compared and copied.
import type { World } from '../aggregates/world.js';
import type { EventRows, Handler, Handlers, Take } from './reducer.js';
import type { InvariantRules } from './rules.js';
import type { RunFacts } from './run-facts.js';

export type { EventRows, Handler, Handlers, Take };

/** State, transition, quiescence (end of a VM); or how fast, or whether at all. */
export type InvariantKind = 'state' | 'transition' | 'quiescence' | 'performance' | 'liveness';

export interface Invariant {
  /** Value `invariant` of a Finding: 1 for I1. */
  readonly number: number;
  readonly name: string;
  readonly kind: InvariantKind;
  readonly statement: string;
  /** Letters of the eras it applies to. */
  readonly eras: string;
  /** What a run has to do for the invariant to count as evaluated; follows "needs". */
  readonly exercise: string;
  /** What a Finding's `detail` means, by code; 0 is not used. */
  readonly details: readonly string[];
  /** What a Finding's `seen` is. */
  readonly seen: string;
  /** Set where no event can show it (yet): the verdict is "not evaluated" for this reason, unless it is violated. */
  readonly notEvaluated?: string;
  /** Called once a run, before the first event. `take` gives zeroed words of private state. */
  create(w: World, rules: InvariantRules, probe: Probe, facts: RunFacts, take: Take): Reducer;
}

export interface Reducer {
  /** Before the event is applied. */
  readonly before?: Handlers;
  /** After the event was applied. */
  readonly after?: Handlers;
  /** Measured values, for performance invariants. */
  metrics?(): { readonly [name: string]: number };
  /** Performance only: is it kept? Asked at the end. */
  kept?(): boolean;
}

/** Where an invariant counts its checks and says what it saw. */
export interface Probe {
  /** Incremented at every check that could have failed. */
  checks: number;
  /**
   * The event at row i breaks the invariant.
   * @param detail code of `details`
   * @param page page address of the root or table that it is about, or -1
   */
  report(w: World, e: EventRows, i: number, detail: number, seen: number, page: number): void;
}
