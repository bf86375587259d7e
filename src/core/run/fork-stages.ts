// The stages of a run: a forked session runs as its parent did up to the fork point, then in its own way. With the real
// schedulers of both, not with their recorded decisions: so all memory of a scheduler is what it was in the parent, and a
// fork that changes nothing is its parent.
import { MISC } from '../aggregates/layout.js';
import { BadInput } from '../base/errors.js';
import type { Machine } from '../machine/machine.js';
import { TimeModel } from '../machine/time.js';
import { ForcedFirst, makeScheduler, type Scheduler, ScheduleScheduler } from '../scheduler/scheduler.js';
import type { ForkOrigin, Manifest, ThreadSteps } from './contract.js';

export interface Stage {
  readonly seed: number;
  readonly scheduler: Manifest['scheduler'];
  readonly costs: Manifest['costs'];
  /** Steps of the run after which the next stage begins. */
  readonly until: number;
  /** Decisions that the stage was given, and the step from which they count: that of an earlier stage where nothing changed. */
  readonly forced: readonly ThreadSteps[];
  readonly forcedFrom: number;
  /** Chooses otherwise than the stage before. */
  readonly choosesAnew: boolean;
}

type Origin = Pick<ForkOrigin, 'seed' | 'scheduler' | 'costs' | 'steps' | 'difference'>;

/** In order; the last one has no end. */
export function stagesOf({
  seed,
  scheduler,
  costs,
  schedule,
  forks = [],
  follows,
}: Pick<Manifest, 'seed' | 'scheduler' | 'costs' | 'schedule' | 'follows'> & {
  readonly forks?: readonly Origin[];
}): Stage[] {
  const stages: Stage[] = [];
  for (let k = 0; k <= forks.length; k++) {
    const rules = forks[k] ?? { seed, scheduler, costs, steps: Number.POSITIVE_INFINITY };
    const before = stages[k - 1];
    const forced = (k === 0 ? (schedule ?? followed(follows)) : forks[k - 1]?.difference.decisions) ?? [];
    const choosesAnew =
      before !== undefined &&
      (before.seed !== rules.seed || before.scheduler !== rules.scheduler || forced.length > 0);
    const inherits = before !== undefined && !choosesAnew;
    stages.push({
      seed: rules.seed,
      scheduler: rules.scheduler,
      costs: rules.costs,
      until: rules.steps,
      forced: inherits ? before.forced : forced,
      forcedFrom: inherits ? before.forcedFrom : (before?.until ?? 0),
      choosesAnew,
    });
  }
  return stages;
}

function followed(follows: Manifest['follows']): ThreadSteps[] | undefined {
  if (follows === undefined) return undefined;
  const { decisions, difference } = follows;
  const pairs: ThreadSteps[] = [];
  for (let k = 0; k < decisions.length; k += 2)
    pairs.push({ thread: decisions[k]!, steps: decisions[k + 1]! });
  return [...pairs, ...(difference.decisions ?? [])];
}

/** The stage that a row belongs to. */
export function stageAt(forks: readonly Pick<ForkOrigin, 'position'>[], position: number): number {
  return forks.filter((fork) => fork.position < position).length;
}

/**
 * A snapshot right at a fork point may be the parent's, taken a few steps without an event behind it: only others are
 * used. Of those the latest.
 */
export function usableSnapshot<S extends { readonly position: number }>(
  forks: readonly Pick<ForkOrigin, 'position'>[],
  atOrBefore: number,
  latest: (atOrBefore: number) => S | null,
): S | null {
  let found = latest(atOrBefore);
  while (found !== null && isForkPoint(forks, found.position)) {
    const { position } = found;
    found = position === 0 ? null : latest(position - 1);
  }
  return found;
}

export function isForkPoint(forks: readonly Pick<ForkOrigin, 'position'>[], position: number): boolean {
  return forks.some((fork) => fork.position === position);
}

/** @param step how far the run is */
export function schedulerOf({ scheduler, forced, forcedFrom }: Stage, step: number): Scheduler {
  if (scheduler === 'scripted') {
    if (forced.length === 0)
      throw new BadInput('scripted-scheduler', 'scheduler "scripted" needs a schedule');
    return new ScheduleScheduler(forced, step - forcedFrom);
  }
  const own = makeScheduler(scheduler);
  return forced.length === 0 ? own : new ForcedFirst(forced, step - forcedFrom, own);
}

/** What the machine does differently from the fork point on; the clock where threads run one after the other. */
export function enterStage(m: Machine, before: Stage, next: Stage, serialClock: number): number {
  const now = m.serialTime ? serialClock : Math.max(...m.clocks);
  m.setTime(new TimeModel(next.costs));
  if (next.seed !== before.seed) m.seedStreams(next.seed);
  if (next.choosesAnew) m.s[m.w.layout.misc + MISC.BURST_LEFT] = 0;
  const serial = next.scheduler !== 'timed';
  // Threads that stood still while others ran one after the other do not go on in the past.
  if (m.serialTime && !serial)
    for (let t = 0; t < m.clocks.length; t++) m.clocks[t] = Math.max(m.clocks[t]!, now);
  m.serialTime = serial;
  return now;
}
