// Which two steps had to be ordered: the latest step of another thread before which the violating thread could have done what
// it did behind it, and then nothing is broken. Tried out, not derived: each order is followed on the model.
import type { Model } from '../model.js';
import type { Found, ScheduleStep } from '../search/found.js';
import { blocksOf, type Followed, follow, runOut, sameViolation, scheduleOf } from './follow.js';

/** Orders that are tried. */
const MAX_TRIES = 2_000;

export interface PlacedStep {
  readonly thread: string;
  readonly function: string;
  readonly label: string;
  /** Number of the step in the schedule, from 1. */
  readonly step: number;
}

export interface Ordering {
  /** Came first here. */
  readonly first: PlacedStep;
  /** Came behind it; the other way round nothing is broken. */
  readonly second: PlacedStep;
}

/** Null: whatever comes first, the same is broken; one thread does it alone. */
export function orderingOf(model: Model, found: Found): Ordering | null {
  return byTail(model, found) ?? byBlocks(model, found);
}

function byTail(model: Model, { schedule, violation }: Found): Ordering | null {
  const last = schedule.length - 1;
  const { thread } = schedule[last];
  let tries = MAX_TRIES;
  for (let i = last - 1; i >= 0; i--) {
    if (schedule[i].thread === thread) continue;
    const tail = indexes(schedule, i + 1).filter((k) => schedule[k].thread === thread);
    const reversed = (n: number): boolean => {
      const early = new Set(tail.slice(0, n));
      const order = [
        ...indexes(schedule).filter((k) => k < i),
        ...early,
        ...indexes(schedule, i).filter((k) => !early.has(k)),
      ];
      return tries-- > 0 && isWhole(model, order, schedule, violation, i + n);
    };
    if (!reversed(tail.length)) continue;
    const n = tail.findIndex((_, k) => reversed(k + 1));
    const second = tail[n < 0 ? tail.length - 1 : n];
    return placed(model, schedule, i, second);
  }
  return null;
}

/** Where no step violates but the end does: two stretches that stand one behind the other, the other way round. */
function byBlocks(model: Model, { schedule, violation }: Found): Ordering | null {
  const blocks = blocksOf(schedule);
  let end = schedule.length;
  for (let k = blocks.length - 1; k > 0; k--) {
    end -= blocks[k].steps.length;
    const swapped = [...blocks.slice(0, k - 1), blocks[k], blocks[k - 1], ...blocks.slice(k + 1)];
    const followed = follow(model, scheduleOf(swapped), false);
    if (holds(model, followed, violation)) return placed(model, schedule, end - 1, end);
  }
  return null;
}

/** The order can be followed up to the two steps, and neither it nor what comes of it breaks the same. */
function isWhole(
  model: Model,
  order: readonly number[],
  schedule: readonly ScheduleStep[],
  violation: Found['violation'],
  upTo: number,
): boolean {
  const followed = follow(
    model,
    order.map((k) => schedule[k]),
    false,
  );
  // The step that comes behind them may have to wait for more.
  if (followed.refused.some((k) => k < upTo)) return false;
  return holds(model, followed, violation);
}

function holds(model: Model, followed: Followed, violation: Found['violation']): boolean {
  if (followed.violation !== null) return !sameViolation(followed.violation, violation);
  return !sameViolation(runOut(model), violation);
}

function indexes(schedule: readonly ScheduleStep[], from = 0): number[] {
  return schedule.flatMap((_, k) => (k >= from ? [k] : []));
}

function placed(model: Model, schedule: readonly ScheduleStep[], i: number, j: number): Ordering {
  const place = (k: number): PlacedStep => {
    follow(model, schedule.slice(0, k), true);
    const { thread } = schedule[k];
    const [where] = model.where(thread);
    return {
      thread: model.threads[thread].name,
      function: where?.function ?? '',
      label: where?.label ?? '',
      step: k + 1,
    };
  };
  return { first: place(i), second: place(j) };
}
