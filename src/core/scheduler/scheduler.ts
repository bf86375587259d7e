// Schedulers choose which thread takes the next step. All are deterministic: their memory is in the machine state.

import { MISC, STATUS } from '../aggregates/layout.js';
import { BadInput } from '../base/errors.js';
import { nextBelow } from '../base/prng.js';
import type { Machine } from '../machine/machine.js';

export type SchedulerName = 'timed' | 'round-robin' | 'random' | 'scripted';
export const SCHEDULERS: readonly SchedulerName[] = ['timed', 'round-robin', 'random', 'scripted'];

export interface Scheduler {
  /** The thread that goes next, or -1 when none can. */
  pick(m: Machine): number;
  /**
   * After pick: how long the thread may keep the turn while it can and wakes nobody: until its clock passes this, and
   * for so many steps at the most.
   */
  readonly horizonNs: number;
  readonly steps: number;
  /** What the thread made of its turn. */
  took(steps: number): void;
  /** The run has come to a fork point (run/fork-stages.ts): what was recorded behind it in the parent is not followed. */
  enterStage?(stage: number): void;
}

/** One step a turn. */
abstract class Stepwise {
  readonly horizonNs = 0;
  readonly steps = 1;
  took(): void {}
}

/** Steps of one timed turn: a thread whose steps take no time must not keep it for ever. */
const TURN_STEPS_MAX = 1_000_000;

/** The thread with the smallest local time; ties go to the lower number. Waiting and contention follow from it. */
export class TimedScheduler implements Scheduler {
  horizonNs = 0;
  readonly steps = TURN_STEPS_MAX;
  took(): void {}

  pick(m: Machine): number {
    let best = -1;
    let bestClock = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (let t = 0; t < m.threads.length; t++) {
      if (m.status(t) !== STATUS.runnable) continue;
      const c = m.clocks[t];
      if (c < bestClock) {
        second = bestClock;
        bestClock = c;
        best = t;
      } else if (c < second) second = c;
    }
    this.horizonNs = second;
    return best;
  }
}

/** Each runnable thread one step in turn. */
export class RoundRobinScheduler extends Stepwise implements Scheduler {
  pick(m: Machine): number {
    const at = m.w.layout.misc + MISC.LAST_THREAD;
    const n = m.threads.length;
    const last = m.s[at];
    for (let k = 1; k <= n; k++) {
      const t = (last + k) % n;
      if (m.status(t) === STATUS.runnable) {
        m.s[at] = t;
        return t;
      }
    }
    return -1;
  }
}

/** Longest burst of the random scheduler, in steps. */
const BURST_MAX = 32;

/**
 * A random runnable thread: every second time for one step, else for a burst of up to 32. Bursts are preemption as it is
 * (a thread stands while another gets somewhere); single steps are the finest interleaving.
 */
export class RandomScheduler extends Stepwise implements Scheduler {
  pick(m: Machine): number {
    const { s } = m;
    const { misc } = m.w.layout;
    if (s[misc + MISC.BURST_LEFT] > 0) {
      s[misc + MISC.BURST_LEFT]--;
      const last = s[misc + MISC.LAST_THREAD];
      if (m.status(last) === STATUS.runnable) return last;
    }
    let runnable = 0;
    for (let t = 0; t < m.threads.length; t++) if (m.status(t) === STATUS.runnable) runnable++;
    if (runnable === 0) return -1;
    const stream = misc + MISC.PRNG_SCHEDULER;
    let k = nextBelow(s, stream, runnable);
    let t = 0;
    while (m.status(t) !== STATUS.runnable || k-- > 0) t++;
    s[misc + MISC.LAST_THREAD] = t;
    s[misc + MISC.BURST_LEFT] = Math.max(0, nextBelow(s, stream, 2 * BURST_MAX) - BURST_MAX);
    return t;
  }
}

/**
 * Follows recorded decisions: (thread, steps) pairs. Nothing else ends a turn: where the machine stops earlier (it woke
 * a thread, its batch is full), the same thread goes on with what is left of the pair.
 */
export class ScriptedScheduler implements Scheduler {
  readonly horizonNs = Number.POSITIVE_INFINITY;
  steps = 0;
  private thread = -1;

  /**
   * @param next delivers the next pair, or null at the end of the log
   * @param nextStage at a fork point: `next` goes on with the decisions of the fork
   */
  constructor(
    private readonly next: () => { readonly thread: number; readonly steps: number } | null,
    private readonly nextStage: (stage: number) => void = () => undefined,
  ) {}

  enterStage(stage: number): void {
    this.steps = 0;
    this.nextStage(stage);
  }

  pick(): number {
    while (this.steps === 0) {
      const pair = this.next();
      if (pair === null) return -1;
      this.thread = pair.thread;
      this.steps = pair.steps;
    }
    return this.thread;
  }

  took(steps: number): void {
    this.steps -= steps;
  }
}

/**
 * Takes the given decisions first, then lets another scheduler choose. How far it has come follows from the steps of the
 * run, so it has no memory of its own either.
 */
export class ForcedFirst implements Scheduler {
  private readonly given: readonly { readonly thread: number; readonly steps: number }[];
  private next = 0;
  /** Steps of the next decision that were taken. */
  private done = 0;

  /** @param taken steps of the given decisions that were taken already */
  constructor(
    decisions: readonly { readonly thread: number; readonly steps: number }[],
    taken: number,
    private readonly behind: Scheduler,
  ) {
    this.given = decisions;
    this.drop(taken);
  }

  get horizonNs(): number {
    return this.next < this.given.length ? Number.POSITIVE_INFINITY : this.behind.horizonNs;
  }

  get steps(): number {
    const next = this.given[this.next];
    return next === undefined ? this.behind.steps : next.steps - this.done;
  }

  /** Steps of the given decisions that are still to be taken. */
  get forced(): number {
    return this.given.slice(this.next).reduce((sum, { steps }) => sum + steps, -this.done);
  }

  /** The thread of the next decision; null: all are taken. */
  protected get due(): number | null {
    return this.given[this.next]?.thread ?? null;
  }

  pick(m: Machine): number {
    const next = this.given[this.next];
    if (next === undefined) return this.behind.pick(m);
    const { thread } = next;
    const steps = next.steps - this.done;
    if (m.status(thread) === STATUS.runnable) return thread;
    const runnable = m.threads.filter((_, t) => m.status(t) === STATUS.runnable).map(({ name }) => name);
    throw new BadInput(
      'thread-cannot-run',
      `thread ${m.threads[thread]!.name} cannot take ${steps === 1 ? 'a step' : `${steps} more steps`} here: it ${m.status(thread) === STATUS.ended ? 'has ended' : 'waits'}; threads that can: ${runnable.join(', ') || 'none'}`,
      runnable,
    );
  }

  took(steps: number): void {
    if (this.next === this.given.length) this.behind.took(steps);
    else this.drop(steps);
  }

  private drop(steps: number): void {
    this.done += steps;
    while (this.next < this.given.length && this.done >= this.given[this.next]!.steps)
      this.done -= this.given[this.next++]!.steps;
    if (this.next === this.given.length) this.done = 0;
  }
}

/** Nobody: what comes behind a script. */
const NOBODY: Scheduler = { horizonNs: 0, steps: 1, pick: () => -1, took: () => undefined };

/** Follows the schedule of a manifest; nobody runs behind it, or where its next thread cannot. */
export class ScheduleScheduler extends ForcedFirst {
  /** @param taken steps of the schedule that were taken already */
  constructor(schedule: readonly { readonly thread: number; readonly steps: number }[], taken: number) {
    super(schedule, taken, NOBODY);
  }

  override pick(m: Machine): number {
    const { due } = this;
    return due === null || m.status(due) !== STATUS.runnable ? -1 : due;
  }
}

export function makeScheduler(name: Exclude<SchedulerName, 'scripted'>): Scheduler {
  switch (name) {
    case 'timed':
      return new TimedScheduler();
    case 'round-robin':
      return new RoundRobinScheduler();
    case 'random':
      return new RandomScheduler();
  }
}
