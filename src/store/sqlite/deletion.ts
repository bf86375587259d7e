// Removing deleted sessions. The tombstone commits first: from then on the session does not exist for any reader.
// Its rows go afterwards in bounded transactions, so that appends get their turn, and after a crash the rest goes on
// from the tombstone. Rows that forks still share stay until the last fork is gone.
import type { Database } from 'better-sqlite3';
import { failpoint } from '../failpoint.js';
import { sessionNotFound } from '../store.errors.js';
import { EXPENDABLE_SESSION } from './session-row.js';
import type { WriterCore } from './writer-core.js';

export const EVENTS_PER_STEP = 10_000;
const BLOBS_PER_STEP = 200;

export class Deletion {
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(
    db: Database,
    private readonly core: Pick<WriterCore, 'transaction' | 'bigTransaction'>,
  ) {
    this.statements = prepareStatements(db);
  }

  /**
   * One transaction; the rows are still there.
   * @param onlyExpendable leave one that is not sealed, that a fork shares, or that is gone: the answer is false
   */
  bury(session: number, onlyExpendable: boolean): boolean {
    const { isLive, isExpendable, bury, reopenOwners, dropSegments, dropKeys } = this.statements;
    return this.core.transaction(() => {
      if (onlyExpendable && isExpendable.get(session) === undefined) return false;
      if (isLive.get(session) === undefined) throw sessionNotFound(String(session));
      bury.run(session, new Date().toISOString());
      // Owners that were kept for this session may now lose more.
      reopenOwners.run(session);
      dropSegments.run(session);
      dropKeys.run(session);
      return true;
    });
  }

  /** Removes one bounded portion; false when nothing is left to do. */
  step(): boolean {
    const session = this.statements.nextUnswept.get() as number | undefined;
    if (session === undefined) return false;
    this.core.bigTransaction(() => this.sweep(session));
    failpoint('in-delete');
    return true;
  }

  private sweep(session: number): void {
    const { statements } = this;
    // A fork shares rows up to a position: everything above it goes.
    const kept = (statements.sharedUpTo.get(session) as number | null) ?? 0;
    const first = statements.firstAbove.get(session, kept) as number | null;
    if (first !== null) {
      statements.dropEvents.run(session, first, first + EVENTS_PER_STEP - 1);
      return;
    }
    if (statements.dropSnapshots.run(session, kept, kept, BLOBS_PER_STEP).changes > 0) return;
    if (statements.dropTimeline.run(session, kept, BLOBS_PER_STEP).changes > 0) return;
    if (statements.dropChunks.run(session, kept, BLOBS_PER_STEP).changes > 0) return;
    // Nothing is forked from an imported trace.
    if (kept === 0 && statements.dropLines.run(session, BLOBS_PER_STEP).changes > 0) return;
    if (kept === 0) for (const drop of statements.dropRest) drop.run(session);
    statements.swept.run(session);
  }
}

function prepareStatements(db: Database) {
  return {
    isLive: db.prepare(
      'SELECT 1 FROM session WHERE session = ? AND session NOT IN (SELECT session FROM tombstone)',
    ),
    isExpendable: db.prepare(`SELECT 1 FROM session WHERE session = ? AND ${EXPENDABLE_SESSION}`),
    bury: db.prepare('INSERT INTO tombstone (session, deleted_at, swept) VALUES (?, ?, 0)'),
    reopenOwners: db.prepare(
      'UPDATE tombstone SET swept = 0 WHERE session IN (SELECT owner FROM session_segment WHERE session = ?)',
    ),
    dropSegments: db.prepare('DELETE FROM session_segment WHERE session = ?'),
    dropKeys: db.prepare('DELETE FROM idempotency_key WHERE session = ?'),
    nextUnswept: db.prepare('SELECT session FROM tombstone WHERE swept = 0 ORDER BY session LIMIT 1').pluck(),
    sharedUpTo: db.prepare('SELECT max(to_position) FROM session_segment WHERE owner = ?').pluck(),
    firstAbove: db.prepare('SELECT min(position) FROM event WHERE session = ? AND position > ?').pluck(),
    dropEvents: db.prepare('DELETE FROM event WHERE session = ? AND position BETWEEN ? AND ?'),
    dropSnapshots: db.prepare(
      'DELETE FROM snapshot WHERE rowid IN (SELECT rowid FROM snapshot WHERE session = ? AND (position > ? OR 0 = ?) LIMIT ?)',
    ),
    dropTimeline: db.prepare(
      'DELETE FROM timeline WHERE rowid IN (SELECT rowid FROM timeline WHERE session = ? AND from_position > ? LIMIT ?)',
    ),
    dropChunks: db.prepare(
      'DELETE FROM chunk WHERE rowid IN (SELECT rowid FROM chunk WHERE session = ? AND from_position >= ? LIMIT ?)',
    ),
    dropLines: db.prepare(
      'DELETE FROM trace_chunk WHERE rowid IN (SELECT rowid FROM trace_chunk WHERE session = ? LIMIT ?)',
    ),
    dropRest: ['trace', 'thread_name', 'site', 'outside_input', 'session'].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE session = ?`),
    ),
    swept: db.prepare('UPDATE tombstone SET swept = 1 WHERE session = ?'),
  };
}
