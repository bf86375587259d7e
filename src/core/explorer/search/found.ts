// What searches have in common: bounds, figures, and a counterexample as the list of steps that leads to it.
import type { Model, Violation } from '../model.js';
import { STEP } from '../model.js';

/** One step of a schedule: the thread that runs and which of its choices it takes. */
export interface ScheduleStep {
  readonly thread: number;
  readonly choice: number;
}

export interface Found {
  readonly violation: Violation;
  /** From the initial state, the step that violates last. */
  readonly schedule: readonly ScheduleStep[];
}

/** null: no bound. Seconds are the caller's, who has a clock. */
export interface SearchBounds {
  /** Times that a thread which could go on is left for another one. */
  readonly preemptions: number | null;
  /** Steps of a schedule. */
  readonly depth: number | null;
  readonly states: number;
  /** Of the visited set and what waits to be searched. */
  readonly bytes: number;
}

export const UNBOUNDED: SearchBounds = {
  preemptions: null,
  depth: null,
  states: Number.MAX_SAFE_INTEGER,
  bytes: Number.MAX_SAFE_INTEGER,
};

/** Which bound a search met. `preemptions` and `depth` cut schedules, the others end the search. */
export type Bound = 'preemptions' | 'depth' | 'states' | 'bytes' | 'seconds' | 'schedules';

export interface SearchFigures {
  /** Distinct states stored, the initial one included. */
  states: number;
  transitions: number;
  /** Steps of the longest schedule that was followed. */
  depth: number;
  /** States stored in which nothing more happens. */
  terminalStates: number;
}

export type SearchState = 'working' | 'finished' | 'violated' | 'bound';

/** Most forced steps in a row; then the state is stored and every thread is tried, so no cycle ignores a thread. */
export const MAX_FORCED_STEPS = 4_096;

/** Threads fit into the bits of a mask. */
export const MAX_THREADS = 31;

/** No thread has a choice: the violation that this is, or null where it is a proper end. */
export function endOf(model: Model): Violation | null {
  if (model.ended()) return model.endViolation();
  const places = model.threads.flatMap(({ name }, t) => {
    const where = model.where(t);
    return where.length === 0 ? [] : [{ name, t, ...where[0] }];
  });
  const first = places[0];
  return {
    rule: 'deadlock',
    kind: 'deadlock',
    what: `some thread can go on; each waits: ${places
      .map(({ name, function: fn, label }) => `${name} in ${fn}:${label}`)
      .join(', ')}`,
    thread: first?.t ?? 0,
    function: first?.function ?? '',
    label: first?.label ?? '',
  };
}

/** Runs a schedule from the initial state; the violation it ends in, or null. */
export function replay(model: Model, schedule: readonly ScheduleStep[]): Violation | null {
  model.reset();
  for (const { thread, choice } of schedule) {
    if (choice >= model.choices(thread)) return null;
    if (model.step(thread, choice) === STEP.violated) return model.violation();
  }
  return model.threads.some((_, t) => model.choices(t) > 0) ? null : endOf(model);
}

/** The schedule of a depth-first search's decisions: with the forced steps that it ran between them. */
export function unfold(
  model: Model,
  decisions: readonly ScheduleStep[],
  persistent: boolean,
): ScheduleStep[] {
  const schedule: ScheduleStep[] = [];
  const take = (step: ScheduleStep): boolean => {
    schedule.push(step);
    return model.step(step.thread, step.choice) === STEP.violated;
  };
  const runForced = (): boolean => {
    for (let n = 0; persistent && n < MAX_FORCED_STEPS; n++) {
      const thread = model.forced();
      if (thread < 0 || model.choices(thread) > 1) return false;
      if (take({ thread, choice: 0 })) return true;
    }
    return false;
  };
  model.reset();
  if (runForced()) return schedule;
  for (const decision of decisions) if (take(decision) || runForced()) return schedule;
  return schedule;
}
