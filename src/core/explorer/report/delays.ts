// Whom a real kernel must hold up where, so that it runs as the schedule did: threads that are overtaken inside a call, one that
// must not come to its step before another one's, and those that are left inside a call for good.
import type { Model } from '../model.js';
import { STEP } from '../model.js';
import { endOf, type Found, type ScheduleStep } from '../search/found.js';
import { blocksOf, follow, sameViolation, stillFound } from './follow.js';
import type { Place } from './found-session.js';
import { NOT_KERNEL } from './known-bug.js';
import type { Ordering } from './ordering.js';

/** Steps of a thread that nobody holds, until it leaves its call. */
const MAX_STEPS_OF_CALL = 5_000;

export interface Reached extends Place {
  readonly thread: string;
  /** It cannot pass this place while the other one is held up: it waits there, for a lock of that one's. */
  readonly waits?: true;
}

export interface Delay extends Place {
  readonly thread: string;
  /** What the others have done when it goes on. */
  readonly until: readonly Reached[];
}

/** A thread that was left, at which step of the schedule, and where. */
interface Left {
  readonly thread: number;
  readonly at: number;
  readonly place: Place;
  readonly until: Map<number, Reached>;
}

/** @param ordering the two steps that had to be ordered; null where one thread does it alone, or it goes on for ever */
export function delaysOf(
  model: Model,
  found: Found,
  ordering: Ordering | null,
  cycle: number,
): { delays: Delay[]; stack: readonly Place[] } {
  const { delays, stack, left } = overtaken(model, found);
  if (cycle > 0) return { delays, stack };
  const held = delays.some(({ thread }) => thread === ordering?.second.thread);
  const ordered = ordering === null || held ? null : orderedDelay(model, found, ordering);
  const forGood = left.filter((one) => isNeeded(model, found, one));
  return {
    delays: [...(ordered === null ? [] : [ordered]), ...delays, ...forGood.map((one) => delayOf(model, one))],
    stack,
  };
}

function delayOf(model: Model, { thread, place, until }: Left): Delay {
  return { thread: model.threads[thread].name, ...place, until: [...until.values()] };
}

/** Threads that are left although they could go on; those that come again, and those that are left inside a call for good. */
function overtaken(
  model: Model,
  { schedule }: Found,
): { delays: Delay[]; stack: readonly Place[]; left: Left[] } {
  const blocks = blocksOf(schedule);
  const open: Left[] = [];
  const delays: Delay[] = [];
  let stack: readonly Place[] = [];
  let at = 0;
  model.reset();
  for (const [k, { thread, steps }] of blocks.entries()) {
    const held = open.findIndex((one) => one.thread === thread);
    if (held >= 0) delays.push(delayOf(model, open.splice(held, 1)[0]));
    let last: Place = { function: '', label: '' };
    for (const step of steps) {
      const where = model.where(thread);
      last = where[0] ?? last;
      stack = where;
      at++;
      if (model.step(step.thread, step.choice) === STEP.violated) break;
    }
    for (const one of open) one.until.set(thread, reached(model, thread, last));
    const again = blocks.findIndex((block, n) => n > k && block.thread === thread) >= 0;
    const inside = model.where(thread);
    if (
      inside.length > 0 &&
      model.choices(thread) > 0 &&
      (again || (inside.length > 1 && k < blocks.length - 1))
    )
      open.push({ thread, at, place: inside[0], until: new Map() });
  }
  return { delays, stack, left: open };
}

/** Its last step was at this place: it is behind it now, or waits there. */
function reached(model: Model, thread: number, last: Place): Reached {
  const stack = model.where(thread);
  // Outside any call a softirq or a worker has come round to where it waits for more.
  const same = stack.length > 1 && stack[0].function === last.function && stack[0].label === last.label;
  const waits = same && model.choices(thread) === 0;
  return { thread: model.threads[thread].name, ...last, ...(waits ? { waits } : {}) };
}

/** The one whose step must come second: held up in front of it where it can get there that early, else where it enters the kernel. */
function orderedDelay(model: Model, found: Found, ordering: Ordering): Delay | null {
  const { schedule, violation } = found;
  const [i, j] = [ordering.first.step - 1, ordering.second.step - 1];
  if (i >= j) return null;
  const { thread } = schedule[j];
  const early = (step: ScheduleStep, k: number): boolean => k >= i && k < j && step.thread === thread;
  const order = [
    ...schedule.slice(0, i),
    ...schedule.filter(early),
    ...schedule.filter((step, k) => k >= i && !early(step, k)),
  ];
  const { second } = ordering;
  const place =
    stillFound(model, order, violation) === null
      ? entryOf(model, schedule, i, thread)
      : { function: second.function, label: second.label };
  if (place === null || NOT_KERNEL.has(place.function)) return null;
  return { thread: second.thread, ...place, until: doneBetween(model, schedule, i, j, thread) };
}

/** The first place inside the kernel to which a thread comes from step i on. */
function entryOf(model: Model, schedule: readonly ScheduleStep[], i: number, t: number): Place | null {
  model.reset();
  for (const [k, { thread, choice }] of schedule.entries()) {
    const [place] = model.where(t);
    if (k >= i && thread === t && place !== undefined && !NOT_KERNEL.has(place.function)) return place;
    model.step(thread, choice);
  }
  return null;
}

/** Where the others have come to in the steps from i to before j. */
function doneBetween(
  model: Model,
  schedule: readonly ScheduleStep[],
  i: number,
  j: number,
  but: number,
): Reached[] {
  const last = new Map<number, Place>();
  model.reset();
  for (const [k, { thread, choice }] of schedule.slice(0, j).entries()) {
    const [place] = model.where(thread);
    if (k >= i && thread !== but && place !== undefined) last.set(thread, place);
    model.step(thread, choice);
  }
  return [...last].map(([thread, place]) => reached(model, thread, place));
}

/** Not held up there, it leaves its call before the others go on: then the same is not broken any more. */
function isNeeded(model: Model, { schedule, violation }: Found, { thread, at }: Left): boolean {
  follow(model, schedule.slice(0, at), true);
  for (let n = 0; n < MAX_STEPS_OF_CALL && model.choices(thread) > 0 && model.where(thread).length > 1; n++)
    if (model.step(thread, 0) === STEP.violated) return !sameViolation(model.violation(), violation);
  for (const step of schedule.slice(at)) {
    if (step.choice >= model.choices(step.thread)) continue;
    if (model.step(step.thread, step.choice) === STEP.violated)
      return !sameViolation(model.violation(), violation);
  }
  const over = model.threads.every((_, t) => model.choices(t) === 0);
  return !sameViolation(over ? endOf(model) : null, violation);
}
