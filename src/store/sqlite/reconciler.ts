// At start: makes the list of sessions in rootline.sqlite say what events.sqlite says. A crash between the two files,
// a restored backup of one of them, or a list that was lost, all end here. What people added is never touched.
import type { MetadataStore } from '../metadata/metadata-store.js';
import type { StoredSession } from '../session.js';

export interface ReconcileReport {
  /** Sessions that had been running when the last owner died. */
  readonly interrupted: number;
  /** Sessions missing from the list, or shown there as they once were. */
  readonly added: number;
  readonly corrected: number;
  /** List entries of sessions that do not exist. */
  readonly removed: number;
}

export async function reconcile(
  sessions: readonly StoredSession[],
  metadata: MetadataStore,
  interrupted: number,
): Promise<ReconcileReport> {
  const mirrored = new Map((await metadata.mirrored()).map((row) => [row.id, row]));
  const added: StoredSession[] = [];
  const corrected: StoredSession[] = [];
  for (const session of sessions) {
    const id = Number(session.id);
    const row = mirrored.get(id);
    mirrored.delete(id);
    if (row === undefined) added.push(session);
    else if (!same(row, session)) corrected.push(session);
  }
  const gone = [...mirrored.keys()];
  await metadata.mirror([...added, ...corrected], gone);
  return { interrupted, added: added.length, corrected: corrected.length, removed: gone.length };
}

function same(row: { state: string; position: number; updatedAt: string }, session: StoredSession): boolean {
  const { state, position, updatedAt } = session;
  return row.state === state && row.position === position && row.updatedAt === updatedAt;
}
