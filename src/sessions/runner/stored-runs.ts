// What the runner looks up in the store: sessions that were under way, and where one that goes on may begin.
import type { SnapshotBytes } from '../../core/run/contract.js';
import { isForkPoint } from '../../core/run/fork-stages.js';
import type { EventStore } from '../../store/event-store.port.js';
import type { SessionKind, SessionRecord, SessionState } from '../../store/session.js';

const LIST_PAGE = 200;
const STATES: readonly SessionState[] = ['queued', 'running', 'interrupted'];
/** Sessions that are the function of a manifest, and so can be gone on with. */
const KINDS: readonly SessionKind[] = ['simulated', 'forked', 'explored'];

/** Sessions that were under way when the last owner of the store stopped or died; newest first. */
export async function underWay(store: EventStore): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.listSessions({
      limit: LIST_PAGE,
      states: STATES,
      kinds: KINDS,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.sessions) found.push(id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** The last snapshot that the session may go on from; null: from its beginning. */
export async function snapshotToResume(
  store: EventStore,
  { id, position, manifest: { forks = [] } }: SessionRecord,
): Promise<SnapshotBytes | null> {
  let before = position;
  while (before > 0) {
    const found = await store.latestSnapshot(id, before);
    if (found === null || !isForkPoint(forks, found.position)) return found;
    before = found.position - 1;
  }
  return null;
}
