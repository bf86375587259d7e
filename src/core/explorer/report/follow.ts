// Follows a schedule on a model and says how it went: the ground of everything that changes a counterexample's order.
import type { Model, Violation } from '../model.js';
import { STEP } from '../model.js';
import { endOf, type Found, type ScheduleStep } from '../search/found.js';

/** Steps of a schedule that is followed and then goes on by itself. */
const MAX_STEPS_TO_END = 20_000;

export interface Followed {
  /** Steps that were taken, those that could not be left out. */
  readonly taken: readonly ScheduleStep[];
  readonly violation: Violation | null;
  /** Steps of the schedule that its thread could not take there. */
  readonly refused: readonly number[];
}

/** Takes the steps in order. One that its thread cannot take ends it (strict), or is left out. */
export function follow(model: Model, schedule: readonly ScheduleStep[], strict: boolean): Followed {
  const taken: ScheduleStep[] = [];
  const refused: number[] = [];
  model.reset();
  for (let k = 0; k < schedule.length; k++) {
    const { thread, choice } = schedule[k];
    if (choice >= model.choices(thread)) {
      refused.push(k);
      if (strict) return { taken, violation: null, refused };
      continue;
    }
    taken.push(schedule[k]);
    if (model.step(thread, choice) === STEP.violated) return { taken, violation: model.violation(), refused };
  }
  const over = model.threads.every((_, t) => model.choices(t) === 0);
  return { taken, violation: over ? endOf(model) : null, refused };
}

/** Behind what was followed: the lowest thread that can go on does, to the end. The violation that this comes to, or null. */
export function runOut(model: Model): Violation | null {
  for (let n = 0; n < MAX_STEPS_TO_END; n++) {
    const t = model.threads.findIndex((_, thread) => model.choices(thread) > 0);
    if (t < 0) return endOf(model);
    if (model.step(t, 0) === STEP.violated) return model.violation();
  }
  return null;
}

/** The same thing is broken, by the same step. */
export function sameViolation(a: Violation | null, b: Violation): boolean {
  return a !== null && a.rule === b.rule && a.function === b.function && a.label === b.label;
}

/** Steps of one thread in a row. */
export interface Block {
  readonly thread: number;
  readonly steps: readonly ScheduleStep[];
}

export function blocksOf(schedule: readonly ScheduleStep[]): Block[] {
  const blocks: { thread: number; steps: ScheduleStep[] }[] = [];
  for (const step of schedule) {
    const last = blocks.at(-1);
    if (last?.thread === step.thread) last.steps.push(step);
    else blocks.push({ thread: step.thread, steps: [step] });
  }
  return blocks;
}

export function scheduleOf(blocks: readonly Block[]): ScheduleStep[] {
  return blocks.flatMap(({ steps }) => [...steps]);
}

/** What was found, where the schedule is followed strictly and breaks the same thing; null where it does not. */
export function stillFound(
  model: Model,
  schedule: readonly ScheduleStep[],
  violation: Violation,
): Found | null {
  const followed = follow(model, schedule, true);
  if (followed.refused.length > 0 || !sameViolation(followed.violation, violation)) return null;
  return { violation, schedule: followed.taken };
}
