// Forks: from a session, a position and what is to be different to the manifest of the fork. The session runs again from a
// snapshot before the position to the end of the step that the position lies in: that is the fork point. What is asked for
// there (a decision, a command) is tried at once, so that a fork that could not begin is refused and not made.
import { BadInput } from '../base/errors.js';
import { E } from '../events/catalogue.js';
import { resolveCosts } from '../machine/costs.js';
import type { UserProtocolText } from '../protocols/user-api.js';
import { resolveCommand } from '../scenarios/live/resolve.js';
import { SCHEDULERS } from '../scheduler/scheduler.js';
import type {
  ForcedDecision,
  ForkDifference,
  ForkOrigin,
  Manifest,
  RunChunk,
  RunProgress,
} from './contract.js';
import { stagesOf } from './fork-stages.js';
import { oneOf, resolveLimits, resolveSeed } from './manifest.js';
import type { Simulation } from './simulation.js';

/** Decisions that a fork can be given. */
export const MAX_FORCED_DECISIONS = 1_000;
/** Decisions of a parent that a fork under another protocol follows. */
export const MAX_FOLLOWED_DECISIONS = 100_000;
/** Steps of them all. */
export const MAX_FORCED_STEPS = 100_000;
/** Steps between two looks at whether anybody still waits for the fork point. */
const SLICE_STEPS = 50_000;

/** What a fork may do differently; unchecked. */
export interface ForkChanges {
  readonly protocol?: string | undefined;
  /** The text of `protocol`, where a user brought it. */
  readonly userProtocol?: UserProtocolText | undefined;
  readonly scheduler?: string | undefined;
  readonly seed?: number | undefined;
  readonly costs?: Readonly<Record<string, number>> | undefined;
  readonly limits?: Readonly<Record<string, number>> | undefined;
  /** By name of the thread. */
  readonly decisions?: readonly { readonly thread: string; readonly steps: number }[] | undefined;
  /** A live command, unchecked. */
  readonly command?: unknown;
}

/** The row at the position that was asked for. */
export interface ForkRow {
  readonly ordinal: number;
  readonly type: number;
  readonly a: number;
}

/** Events of the full stream after which the row is stored, and the step that it lies in may end. */
export function ordinalStoring(row: ForkRow | null, end: number): number {
  if (row === null) return 0;
  // Events that were counted together become a row when the next one comes, or when the run ends.
  return Math.min(end, row.type === E.Counted ? row.ordinal + row.a : row.ordinal);
}

/**
 * Brings the simulation to the fork point; the chunks have the rows from where it began.
 * @param until events of the full stream that the fork shares at least
 */
export function* toForkPoint(simulation: Simulation, until: number): Generator<RunChunk[]> {
  while (simulation.outcome === null && simulation.eventsNow < until) {
    const { steps } = simulation;
    const chunks = simulation.advance(SLICE_STEPS, until);
    // Committed events always come again; else the session is damaged, and its rows will show it.
    if (simulation.steps === steps) break;
    yield chunks;
  }
  yield simulation.handOverNow();
}

/** The manifest of a fork of `parent` where the simulation of it stands, at its fork point. */
export function forkManifest(
  parent: Manifest,
  from: { readonly session: string; readonly at: number },
  point: RunProgress,
  threads: readonly string[],
  changes: ForkChanges,
): Manifest {
  const before = (parent.forks ?? []).filter((fork) => fork.position <= point.position);
  // A fork before the fork point of its parent is a fork of what that one was forked from.
  const { seed, scheduler, costs } = stagesOf(parent)[before.length]!;
  const difference = resolveChanges({ ...parent, seed, scheduler, costs }, changes, threads);
  const { position, ordinal, steps, digest, fullDigest } = point;
  const origin: ForkOrigin = {
    ...from,
    position,
    ordinal,
    steps,
    digest,
    fullDigest,
    seed,
    scheduler,
    costs,
    difference,
  };
  return {
    ...parent,
    seed: difference.seed ?? seed,
    scheduler: difference.scheduler ?? scheduler,
    costs: { ...costs, ...difference.costs },
    limits: { ...parent.limits, ...difference.limits },
    forks: [...before, origin],
  };
}

/** Only what differs from how the session would go on; bad input is refused here. */
function resolveChanges(base: Manifest, changes: ForkChanges, threads: readonly string[]): ForkDifference {
  const out: { -readonly [K in keyof ForkDifference]: ForkDifference[K] } = {};
  const seed = resolveSeed(changes.seed ?? base.seed);
  if (seed !== base.seed) out.seed = seed;
  const scheduler = oneOf('scheduler', changes.scheduler ?? base.scheduler, SCHEDULERS);
  if (scheduler === 'scripted') {
    throw new BadInput(
      'scripted-scheduler',
      'scheduler "scripted" follows a recorded decision log: a fork needs another one',
      SCHEDULERS.filter((name) => name !== 'scripted'),
    );
  }
  if (scheduler !== base.scheduler) out.scheduler = scheduler;
  const costs = differing(base.costs, resolveCosts({ ...base.costs, ...changes.costs }), changes.costs);
  if (costs !== null) out.costs = costs;
  const limits = differing(base.limits, resolveLimits(changes.limits ?? {}), changes.limits);
  if (limits !== null) out.limits = limits;
  if (changes.decisions !== undefined && changes.decisions.length > 0)
    out.decisions = resolveDecisions(changes.decisions, threads);
  if (changes.command !== undefined) out.command = resolveCommand(changes.command);
  return out;
}

type Numbers = Readonly<Record<string, number>>;

function differing(base: Numbers, resolved: Numbers, given: Numbers | undefined): Numbers | null {
  const names = Object.keys(given ?? {}).filter((name) => resolved[name] !== base[name]);
  return names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, resolved[name]!]));
}

function resolveDecisions(
  decisions: NonNullable<ForkChanges['decisions']>,
  threads: readonly string[],
): ForcedDecision[] {
  if (decisions.length > MAX_FORCED_DECISIONS) {
    const expected = `at most ${MAX_FORCED_DECISIONS} (MAX_FORCED_DECISIONS)`;
    throw new BadInput('decisions', `a fork takes ${expected} decisions, got ${decisions.length}`);
  }
  const resolved = decisions.map(({ thread, steps }) => {
    const number = threads.indexOf(thread);
    if (number < 0) {
      throw new BadInput(
        'unknown-thread',
        `the session has no thread "${thread}"; expected one of: ${threads.join(', ')}`,
        threads,
      );
    }
    if (!Number.isInteger(steps) || steps < 1) {
      throw new BadInput('decisions', `a decision is for a whole number of steps from 1, got ${steps}`);
    }
    return { thread: number, steps, name: thread };
  });
  const steps = resolved.reduce((sum, decision) => sum + decision.steps, 0);
  if (steps > MAX_FORCED_STEPS) {
    throw new BadInput(
      'decisions',
      `the decisions of a fork come to at most ${MAX_FORCED_STEPS} steps (MAX_FORCED_STEPS), got ${steps}`,
    );
  }
  return resolved;
}

/**
 * At the fork point: throws where the decisions cannot be taken or the command is refused. The simulation is of no other
 * use behind this.
 */
export function tryDifference(simulation: Simulation, { decisions, command }: ForkDifference): void {
  if (command !== undefined) simulation.command(command);
  else if (decisions !== undefined) simulation.force(decisions);
}

/** In words, for who looks at the tree of sessions. */
export function differenceText(difference: ForkDifference): string {
  const { protocol, scheduler, seed, costs, limits, decisions = [], command } = difference;
  const numbers = (group: string, values: Numbers | undefined): string[] =>
    Object.entries(values ?? {}).map(([name, value]) => `${group}.${name}=${value}`);
  const words = [
    ...(protocol === undefined ? [] : [`protocol=${protocol}`]),
    ...(scheduler === undefined ? [] : [`scheduler=${scheduler}`]),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...numbers('cost', costs),
    ...numbers('limit', limits),
    ...decisions.map(({ name, steps }) => `decision=${name}:${steps}`),
    ...(command === undefined ? [] : [`command=${command.command}`]),
  ];
  return words.length === 0 ? 'nothing' : words.join(' ');
}
