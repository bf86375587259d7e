// The schedule of a scripted run, checked: who runs for how many steps. A found interleaving is stored as one.
import { BadInput } from '../base/errors.js';
import type { ThreadSteps } from './contract.js';

/** Turns of a schedule that somebody gives, and steps of them all. */
export const MAX_SCHEDULE_TURNS = 20_000;
export const MAX_SCHEDULE_STEPS = 10_000_000;

/** Null for every other scheduler. @param threads how many there are */
export function resolveSchedule(
  scheduler: string,
  given: readonly ThreadSteps[] | undefined,
  threads: number,
): readonly ThreadSteps[] | null {
  if (scheduler !== 'scripted') {
    if (given === undefined) return null;
    throw new BadInput('schedule', `a schedule is for scheduler "scripted", got "${scheduler}"`);
  }
  if (given === undefined || given.length === 0) {
    throw new BadInput(
      'scripted-scheduler',
      'scheduler "scripted" needs a schedule, who runs for how many steps; what is stored is run again with replay',
    );
  }
  if (given.length > MAX_SCHEDULE_TURNS) {
    const most = `at most ${MAX_SCHEDULE_TURNS} turns (MAX_SCHEDULE_TURNS)`;
    throw new BadInput('schedule', `a schedule has ${most}, got ${given.length}`);
  }
  let sum = 0;
  for (const { thread, steps } of given) {
    if (!Number.isInteger(thread) || thread < 0 || thread >= threads) {
      const expected = `a number from 0 to ${threads - 1}`;
      throw new BadInput('schedule', `a thread of the schedule is ${expected}, got ${thread}`);
    }
    if (!Number.isInteger(steps) || steps < 1)
      throw new BadInput('schedule', `a turn is for a whole number of steps from 1, got ${steps}`);
    sum += steps;
  }
  if (sum > MAX_SCHEDULE_STEPS) {
    const most = `at most ${MAX_SCHEDULE_STEPS} steps (MAX_SCHEDULE_STEPS)`;
    throw new BadInput('schedule', `a schedule comes to ${most}, got ${sum}`);
  }
  return given.map(({ thread, steps }) => ({ thread, steps }));
}
