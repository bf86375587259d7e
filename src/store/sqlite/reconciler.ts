// At start: makes the list of sessions in rootline.sqlite say what events.sqlite says. A crash between the two files,
// a restored backup of one of them, or a list that was lost, all end here. What people added is never touched, but for
// the label of a session that they deleted themselves, where a crash came between the two.
import type { MetadataStore } from '../metadata/metadata-store.js';
import type { StoredSession } from '../session.js';
import { isStoreError } from '../store.errors.js';

export interface ReconcileReport {
  /** Sessions that had been running when the last owner died. */
  readonly interrupted: number;
  /** Sessions missing from the list, or shown there as they once were. */
  readonly added: number;
  readonly corrected: number;
  /** List entries of sessions that do not exist. */
  readonly removed: number;
}

export interface Reconciliation {
  readonly report: ReconcileReport;
  /** Sessions whose line in the list could not be put right: the disk is full. */
  readonly unwritten: readonly string[];
}

export async function reconcile(
  sessions: readonly StoredSession[],
  /** Ids of deleted sessions. */
  tombstones: ReadonlySet<number>,
  metadata: MetadataStore,
  interrupted: number,
): Promise<Reconciliation> {
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
  const left = [...mirrored.keys()];
  const gone = left.filter((id) => !tombstones.has(id));
  const deleted = new Set(left.filter((id) => tombstones.has(id)));
  for (const id of await metadata.labelled()) if (tombstones.has(id)) deleted.add(id);
  const report = { interrupted, added: added.length, corrected: corrected.length, removed: left.length };
  try {
    await metadata.mirror([...added, ...corrected], { gone, deleted: [...deleted] });
    return { report, unwritten: [] };
  } catch (error) {
    // The list is derived: it can wait for room, the sessions cannot wait for the list.
    if (!isStoreError(error, 'disk_full')) throw error;
    const ids = [...added, ...corrected].map((session) => session.id);
    return { report, unwritten: [...ids, ...[...gone, ...deleted].map(String)] };
  }
}

function same(row: { state: string; position: number; updatedAt: string }, session: StoredSession): boolean {
  const { state, position, updatedAt } = session;
  return row.state === state && row.position === position && row.updatedAt === updatedAt;
}
