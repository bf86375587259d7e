// A turn that was cut short by something that is not the scheduler's business (a full batch, a rest that somebody asked
// for): the same thread goes on, so that the schedule does not depend on where a run was looked at.
import { STATUS } from '../aggregates/layout.js';
import { type Machine, STEP_EVENTS_MAX } from '../machine/machine.js';

export interface Turn {
  readonly thread: number;
  readonly horizonNs: number;
  /** That the thread may still take. */
  readonly steps: number;
}

/** As a snapshot has it; horizon null: none. */
export type SavedTurn = readonly [thread: number, horizonNs: number | null, steps: number] | null;

/** What is left of the turn; null: it is over, because the thread waits, woke somebody or has passed its horizon. */
export function restOfTurn(m: Machine, { thread, horizonNs, steps }: Turn, taken: number): Turn | null {
  const over =
    taken >= steps || m.woke || m.clocks[thread]! > horizonNs || m.status(thread) !== STATUS.runnable;
  return over ? null : { thread, horizonNs, steps: steps - taken };
}

export function savedTurn(turn: Turn | null): SavedTurn {
  return turn === null ? null : [turn.thread, turn.horizonNs, turn.steps];
}

/** JSON has no infinity. */
export function restoredTurn(saved: SavedTurn): Turn | null {
  if (saved === null) return null;
  const [thread, horizonNs, steps] = saved;
  return { thread, horizonNs: horizonNs ?? Number.POSITIVE_INFINITY, steps };
}

/** Steps that cannot bring more than so many events by far: one, near the end. */
export function stepsWithin(events: number): number {
  return Math.max(1, Math.floor(events / STEP_EVENTS_MAX));
}
