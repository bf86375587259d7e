// Where a fork of a session begins and what its manifest is: the session is executed from a snapshot before the position,
// held against the rows that are stored, and what the fork is to do differently is tried.
import { BadInput } from '../../../core/base/errors.js';
import type { RunChunk, SnapshotBytes } from '../../../core/run/contract.js';
import {
  type ForkChanges,
  type ForkRow,
  forkManifest,
  ordinalStoring,
  toForkPoint,
  tryDifference,
} from '../../../core/run/fork.js';
import { usableSnapshot } from '../../../core/run/fork-stages.js';
import { resolveLimits } from '../../../core/run/manifest.js';
import { equalRows } from '../../../core/run/replay-by-schedule.js';
import type { EventReader } from '../../../store/event-store.port.js';
import type { StoredSession } from '../../../store/session.js';
import { buildSimulation } from '../../build-simulation.js';
import { type OrderContext, order } from '../order.js';
import { checkPosition } from '../when.js';
import { type ForkPoint, underOtherProtocol } from './fork-protocol.js';

const PAGE_ROWS = 8_192;

export interface ForkPointRequest {
  readonly sessionId: string;
  readonly at: number;
  readonly changes: ForkChanges;
}

export const forkOrder = order({ long: true }, (request: ForkPointRequest, context): ForkPoint => {
  const { sessionId, at, changes } = request;
  const { reader } = context;
  const session = reader.session(sessionId);
  checkPosition(at, session);
  return forkPoint(session, at, changes, context);
});

function forkPoint(
  session: StoredSession,
  at: number,
  changes: ForkChanges,
  context: OrderContext,
): ForkPoint {
  const { id } = session;
  const { reader } = context;
  // Limits only end a run: the fork's hold from its start, so that one may go on where its parent met one.
  const limits =
    changes.limits === undefined
      ? session.manifest.limits
      : { ...session.manifest.limits, ...pick(resolveLimits(changes.limits), Object.keys(changes.limits)) };
  const manifest = { ...session.manifest, limits };
  const simulation = buildSimulation(manifest, { marks: reader.marks(id) });
  const snapshot =
    at === 0 ? null : usableSnapshot(manifest.forks ?? [], at - 1, (p) => reader.latestSnapshot(id, p));
  if (snapshot !== null) simulation.restore(snapshot);
  const stored = new StoredRows(reader, session);
  let here: SnapshotBytes | null = null;
  for (const chunks of toForkPoint(
    simulation,
    ordinalStoring(rowAt(reader, id, at), session.progress?.ordinal ?? 0),
  )) {
    context.checkCancelled();
    stored.compare(chunks);
    here = chunks.at(-1)?.snapshot ?? null;
  }
  if (simulation.outcome !== null) {
    throw new BadInput(
      'fork-ended',
      `session ${id} ended (${simulation.outcome}) in the step at position ${at}: nothing follows it; expected an earlier position`,
    );
  }
  const point = simulation.progress();
  const forked = forkManifest(session.manifest, { session: id, at }, point, simulation.threadNames, changes);
  if (changes.protocol !== undefined && changes.protocol !== manifest.protocol) {
    const asked = { session, at, point, protocol: changes.protocol, manifest: forked };
    return underOtherProtocol(asked, context);
  }
  tryDifference(simulation, forked.forks!.at(-1)!.difference);
  return { manifest: forked, position: point.position, snapshot: here };
}

function pick<T>(values: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

function rowAt(reader: EventReader, sessionId: string, at: number): ForkRow | null {
  if (at === 0) return null;
  const { rows } = reader.rows(sessionId, { from: at, to: at, limit: 1 });
  return { ordinal: at + rows.skipped[0]!, type: rows.type[0]!, a: rows.a[0]! };
}

/** Holds what is executed again against what is stored: a damaged session is not forked. */
class StoredRows {
  constructor(
    private readonly reader: EventReader,
    private readonly session: StoredSession,
  ) {}

  compare(chunks: readonly RunChunk[]): void {
    const { id, position } = this.session;
    for (const { columns, expectedPosition } of chunks) {
      // A session that runs may have committed less than the whole step.
      const rows = Math.min(columns.length, position - expectedPosition);
      for (let done = 0; done < rows; ) {
        const page = this.reader.numbers(
          id,
          expectedPosition + done + 1,
          Math.min(PAGE_ROWS, rows - done),
        ).rows;
        const wanted = Math.min(page.length, rows - done);
        const equal = equalRows(page.numbers, 0, columns, done, wanted);
        if (equal < wanted || wanted === 0) {
          const where = expectedPosition + done + equal + 1;
          throw new BadInput(
            'session-damaged',
            `executed again, session ${id} has another event at position ${where} than is stored; expected a session that \`rootline verify --deep\` finds whole`,
          );
        }
        done += equal;
      }
    }
  }
}
