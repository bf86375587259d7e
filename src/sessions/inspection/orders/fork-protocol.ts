// A fork under another protocol. Where the same decisions lead to exactly the same events up to the fork point, the state is
// carried over: the history is shared. Else the fork runs again from the start, under its parent's decisions as far as they
// can be followed: a thread that waits there ends it, and the fork's own scheduler goes on.
import { BadInput } from '../../../core/base/errors.js';
import type { UserProtocolText } from '../../../core/protocols/user-api.js';
import type { Following, Manifest, RunProgress, SnapshotBytes } from '../../../core/run/contract.js';
import { MAX_FOLLOWED_DECISIONS } from '../../../core/run/fork.js';
import { scenarioOf } from '../../../core/scenarios/library.js';
import { resolveParameters } from '../../../core/scenarios/scenario.js';
import { OUTSIDE } from '../../../core/scheduler/decision-log.js';
import type { EventReader } from '../../../store/event-store.port.js';
import type { StoredSession } from '../../../store/session.js';
import type { ForkPlace } from '../fork-execution.js';
import { decisionsByStage, readerOf } from '../replay.js';

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
  /** Of a protocol that a user brought. */
  readonly text: UserProtocolText | undefined;
  /** Of the fork under the old protocol. */
  readonly manifest: Manifest;
}

/** @param place where the other protocol runs */
export async function underOtherProtocol(
  asked: OtherProtocol,
  place: ForkPlace,
  reader: EventReader,
): Promise<ForkPoint> {
  const { session, point } = asked;
  const manifest = await withProtocol(asked, place);
  const origin = manifest.forks!.at(-1)!;
  const difference = { protocol: manifest.protocol, ...origin.difference };
  const shared: Manifest = {
    ...manifest,
    forks: [...manifest.forks!.slice(0, -1), { ...origin, difference }],
  };
  const marks = reader.marks(session.id).filter((mark) => mark.step < point.steps);
  if (await place.sameHistory({ manifest: shared, point, marks }))
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
  const decisions = live ? null : followable(session, point.steps, reader);
  const { steps, stopped } = await place.follow({
    manifest: fresh,
    decisions,
    behind: difference.decisions ?? [],
  });
  const follows: Following = {
    session: session.id,
    at: asked.at,
    of: point.steps,
    followed: steps,
    stopped,
    decisions: upTo(decisions ?? [], steps),
    commands: marks.flatMap(({ input }) => input?.command ?? []),
    difference,
  };
  return { manifest: { ...fresh, follows }, position: 0, snapshot: null };
}

async function withProtocol(
  { manifest, protocol, text }: OtherProtocol,
  place: ForkPlace,
): Promise<Manifest> {
  const scenario = scenarioOf(manifest);
  const { constants } = scenario.build(resolveParameters(scenario, manifest.parameters));
  const protocolDigest = await place.digest(constants);
  const { userProtocol: _, ...rest } = manifest;
  return { ...rest, protocol, protocolDigest, ...(text === undefined ? {} : { userProtocol: text }) };
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
