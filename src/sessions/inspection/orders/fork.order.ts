// Where a fork of a session begins and what its manifest is: the session is executed from a snapshot before the position,
// held against the rows that are stored, and what the fork is to do differently is tried.
import { BadInput } from '../../../core/base/errors.js';
import { findProtocol } from '../../../core/protocols/registry.js';
import type { UserProtocolText } from '../../../core/protocols/user-api.js';
import type { Manifest, SnapshotBytes } from '../../../core/run/contract.js';
import { type ForkChanges, type ForkRow, ordinalStoring } from '../../../core/run/fork.js';
import { usableSnapshot } from '../../../core/run/fork-stages.js';
import { resolveLimits } from '../../../core/run/manifest.js';
import { equalRows } from '../../../core/run/replay-by-schedule.js';
import type { EventReader } from '../../../store/event-store.port.js';
import type { StoredSession } from '../../../store/session.js';
import { SandboxedForks } from '../../../user-protocols/sandboxed-forks.js';
import { buildSimulation } from '../../build-simulation.js';
import { ForkExecution, type ForkPlace, type ForkSlice } from '../fork-execution.js';
import { type OrderContext, order } from '../order.js';
import { checkPosition } from '../when.js';
import { type ForkPoint, underOtherProtocol } from './fork-protocol.js';

const PAGE_ROWS = 8_192;

export interface ForkPointRequest {
  readonly sessionId: string;
  readonly at: number;
  readonly changes: ForkChanges;
}

export const forkOrder = order(
  { long: true },
  async (request: ForkPointRequest, context): Promise<ForkPoint> => {
    const { sessionId, at, changes } = request;
    const session = context.reader.session(sessionId);
    checkPosition(at, session);
    const place = await placeOf(session.manifest.protocol, session.manifest.userProtocol, context);
    try {
      return await forkPoint(session, at, changes, { place, context });
    } finally {
      place.close();
    }
  },
);

/** Where a protocol is executed: here, or in the process of a user's. */
async function placeOf(
  id: string,
  text: UserProtocolText | undefined,
  context: OrderContext,
): Promise<ForkPlace> {
  if (text !== undefined) return await SandboxedForks.open(text, id);
  return new ForkExecution(
    () => findProtocol(id),
    buildSimulation,
    () => context.checkCancelled(),
  );
}

interface Hands {
  readonly place: ForkPlace;
  readonly context: OrderContext;
}

async function forkPoint(
  session: StoredSession,
  at: number,
  changes: ForkChanges,
  { place, context }: Hands,
): Promise<ForkPoint> {
  const { id } = session;
  const { reader } = context;
  // Limits only end a run: the fork's hold from its start, so that one may go on where its parent met one.
  const limits =
    changes.limits === undefined
      ? session.manifest.limits
      : { ...session.manifest.limits, ...pick(resolveLimits(changes.limits), Object.keys(changes.limits)) };
  const manifest = { ...session.manifest, limits };
  const snapshot =
    at === 0 ? null : usableSnapshot(manifest.forks ?? [], at - 1, (p) => reader.latestSnapshot(id, p));
  const until = ordinalStoring(rowAt(reader, id, at), session.progress?.ordinal ?? 0);
  await place.begin({ manifest, marks: reader.marks(id), snapshot, until });
  const stored = new StoredRows(reader, session);
  let here: SnapshotBytes | null = null;
  for (;;) {
    context.checkCancelled();
    const slice = await place.slice();
    if (slice.done) break;
    stored.compare(slice.chunks);
    here = slice.snapshot;
  }
  const { protocol } = changes;
  const other = protocol !== undefined && isOther(manifest, protocol, changes.userProtocol);
  const { manifest: forked, point } = await place.point({
    session: id,
    at,
    manifest: session.manifest,
    changes,
    tried: !other,
  });
  if (!other) return { manifest: forked, position: point.position, snapshot: here };
  const text = changes.userProtocol;
  const there = await placeOf(protocol, text, context);
  try {
    return await underOtherProtocol({ session, at, point, protocol, text, manifest: forked }, there, reader);
  } finally {
    there.close();
  }
}

/** A user's protocol is its text: under the same name another text is another protocol. */
function isOther(manifest: Manifest, protocol: string, text: UserProtocolText | undefined): boolean {
  if (protocol !== manifest.protocol) return true;
  return text !== undefined && text.digest !== manifest.userProtocol?.digest;
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

  compare(chunks: ForkSlice['chunks']): void {
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
