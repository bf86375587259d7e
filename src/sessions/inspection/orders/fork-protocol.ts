// A fork under another protocol. Where the same decisions lead to exactly the same events up to the fork point, the state is
// carried over: the history is shared. Else the fork runs again from the start, under its parent's decisions as far as they
// can be followed: a thread that waits there ends it, and the fork's own scheduler goes on.
import { BadInput } from '../../../core/base/errors.js';
import { link } from '../../../core/protocols/protocol.js';
import { findProtocol } from '../../../core/protocols/registry.js';
import type { Following, Manifest, Mark, RunProgress, SnapshotBytes } from '../../../core/run/contract.js';
import { MAX_FOLLOWED_DECISIONS } from '../../../core/run/fork.js';
import type { Simulation } from '../../../core/run/simulation.js';
import { findScenario } from '../../../core/scenarios/library.js';
import { resolveParameters } from '../../../core/scenarios/scenario.js';
import { OUTSIDE } from '../../../core/scheduler/decision-log.js';
import type { EventReader } from '../../../store/event-store.port.js';
import type { StoredSession } from '../../../store/session.js';
import { buildSimulation } from '../../build-simulation.js';
import type { OrderContext } from '../order.js';
import { decisionsByStage, readerOf } from '../replay.js';

const SLICE_STEPS = 50_000;

export interface ForkPoint {
  /** Of the fork. */
  readonly manifest: Manifest;
  /** The fork shares the rows up to here. */
  readonly position: number;
  /** Of the machine there; null where it has to be made under other procedures. */
  readonly snapshot: SnapshotBytes | null;
}

export interface OtherProtocol {
  readonly session: StoredSession;
  readonly at: number;
  readonly point: RunProgress;
  readonly protocol: string;
  /** Of the fork under the old protocol. */
  readonly manifest: Manifest;
}

export function underOtherProtocol(asked: OtherProtocol, context: OrderContext): ForkPoint {
  const { session, point } = asked;
  const { reader } = context;
  const manifest = withProtocol(asked.manifest, asked.protocol);
  const origin = manifest.forks!.at(-1)!;
  const difference = { protocol: manifest.protocol, ...origin.difference };
  const shared: Manifest = {
    ...manifest,
    forks: [...manifest.forks!.slice(0, -1), { ...origin, difference }],
  };
  const marks = reader.marks(session.id).filter((mark) => mark.step < point.steps);
  if (sameHistory(shared, point, marks, context))
    return { manifest: shared, position: point.position, snapshot: null };
  if (difference.command !== undefined) {
    throw new BadInput(
      'fork-protocol',
      `under ${manifest.protocol} the fork runs again from the start: it takes no command before it waits; give the command then`,
    );
  }
  const { forks: _, follows: __, ...fresh } = manifest;
  const live = marks.some((mark) => mark.input !== null);
  // Under other procedures a command takes other steps: only the commands themselves are what they were.
  const decisions = live ? [] : followable(session, point.steps, reader);
  const simulation = buildSimulation(fresh, { snapshots: false });
  const stopped = live
    ? 'the commands are given again, each where the session waits'
    : follow(simulation, decisions);
  const followed = simulation.steps;
  const follows: Following = {
    session: session.id,
    at: asked.at,
    of: point.steps,
    followed,
    stopped,
    decisions: upTo(decisions, followed),
    commands: marks.flatMap(({ input }) => input?.command ?? []),
    difference,
  };
  if (difference.decisions !== undefined) simulation.force(difference.decisions);
  return { manifest: { ...fresh, follows }, position: 0, snapshot: null };
}

function withProtocol(manifest: Manifest, id: string): Manifest {
  const protocol = findProtocol(id);
  const scenario = findScenario(manifest.scenario);
  const { constants } = scenario.build(resolveParameters(scenario, manifest.parameters));
  return { ...manifest, protocol: protocol.id, protocolDigest: link(protocol, constants).digest };
}

/** The session under the other protocol comes to the same fork point with the same events. */
function sameHistory(
  manifest: Manifest,
  point: RunProgress,
  marks: readonly Mark[],
  context: OrderContext,
): boolean {
  const simulation = buildSimulation(manifest, { marks, snapshots: false });
  try {
    while (simulation.steps < point.steps && simulation.outcome === null) {
      const { steps } = simulation;
      simulation.advance(Math.min(SLICE_STEPS, point.steps - steps));
      if (simulation.steps === steps) return false;
      context.checkCancelled();
    }
  } catch (error) {
    // A decision that an earlier fork was given cannot be taken here.
    if (error instanceof BadInput && error.code === 'thread-cannot-run') return false;
    throw error;
  }
  simulation.handOverNow();
  const { steps, ordinal, fullDigest } = simulation.progress();
  return steps === point.steps && ordinal === point.ordinal && fullDigest === point.fullDigest;
}

/** Thread and steps in turn: the decisions of the session's first steps. */
function followable(session: StoredSession, steps: number, reader: EventReader): number[] {
  const { manifest, id } = session;
  const { forks = [] } = manifest;
  const out: number[] = [];
  let taken = 0;
  for (const [stage, bytes] of decisionsByStage(reader.decisions(id), manifest).entries()) {
    const until = Math.min(steps, forks[stage]?.steps ?? steps);
    const pairs = readerOf(bytes);
    for (let pair = pairs.next(); pair !== null && taken < until; pair = pairs.next()) {
      if (pair.thread === OUTSIDE) continue;
      const part = Math.min(pair.steps, until - taken);
      taken += part;
      if (out.at(-2) === pair.thread) out[out.length - 1]! += part;
      else out.push(pair.thread, part);
      if (out.length > 2 * MAX_FOLLOWED_DECISIONS) {
        throw new BadInput(
          'fork-protocol',
          `under ${manifest.protocol} another way is not found by following more than ${MAX_FOLLOWED_DECISIONS} decisions (MAX_FOLLOWED_DECISIONS); expected an earlier position`,
        );
      }
    }
  }
  return out;
}

/** Why the decisions could not be followed to their end; null: they could. */
function follow(simulation: Simulation, decisions: readonly number[]): string | null {
  const pairs = Array.from({ length: decisions.length / 2 }, (_, k) => ({
    thread: decisions[2 * k]!,
    steps: decisions[2 * k + 1]!,
  }));
  try {
    simulation.force(pairs);
  } catch (error) {
    if (error instanceof BadInput && error.code === 'thread-cannot-run') return error.message;
    throw error;
  }
  return simulation.outcome === null ? null : `the run ended (${simulation.outcome})`;
}

function upTo(decisions: readonly number[], steps: number): number[] {
  const out: number[] = [];
  let taken = 0;
  for (let k = 0; k < decisions.length && taken < steps; k += 2) {
    const part = Math.min(decisions[k + 1]!, steps - taken);
    out.push(decisions[k]!, part);
    taken += part;
  }
  return out;
}
