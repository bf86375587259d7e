// Imports on the writer's connection. From its first transaction on, the session has a tombstone, as a deleted one has:
// that hides it from every reader, and `swept = BEING_IMPORTED` keeps the sweeper away. Finishing removes the tombstone
// and adds the segment through which rows are found, in one transaction. Abandoning, or a start after a crash, makes it
// an ordinary tombstone, and the sweeper removes the rows.
import type { Database } from 'better-sqlite3';
import type { RunProgress } from '../../core/run/contract.js';
import type { CommitNotice } from '../event-store.port.js';
import { checkEnd, checkPart, type ImportState, noImport } from '../import-check.js';
import type { ImportedSession, ImportPart, NameSince } from '../imports.port.js';
import { OPEN_END } from '../segments.js';
import type { StoredSession } from '../session.js';
import { limitExceeded } from '../store.errors.js';
import type { StoreLimits } from '../store.limits.js';
import { EventInserter } from './event-inserter.js';
import { LIVE_SESSION, SESSION_COLUMNS, type SessionRow, sessionOfRow } from './session-row.js';
import type { WriterCore } from './writer-core.js';

const BEING_IMPORTED = 2;

interface Open extends ImportState {
  readonly number: number;
  readonly session: ImportedSession;
  readonly chunks: number;
}

export class ImportWriter {
  private readonly open = new Map<string, Open>();
  private readonly events: EventInserter;
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(
    db: Database,
    private readonly limits: StoreLimits,
    private readonly core: Pick<WriterCore, 'transaction' | 'bigTransaction'>,
    private readonly onCommit: (notice: CommitNotice) => void,
  ) {
    this.events = new EventInserter(db);
    this.statements = prepareStatements(db);
  }

  /** At the start: what an earlier process was importing goes away. */
  dropUnfinished(): void {
    this.core.transaction(() => this.statements.dropUnfinished.run());
  }

  begin(session: ImportedSession): string {
    const { insertSession, insertTombstone } = this.statements;
    const { kind, state, reason, manifest, createdAt } = session;
    const number = this.core.bigTransaction(() => {
      this.checkRoom();
      const values = [kind, state, reason, JSON.stringify(manifest), createdAt, createdAt];
      const inserted = Number(insertSession.run(...values).lastInsertRowid);
      insertTombstone.run(inserted, new Date().toISOString(), BEING_IMPORTED);
      return inserted;
    });
    const importId = String(number);
    this.open.set(importId, { number, session, chunks: 0, position: 0, storedBytes: 0 });
    return importId;
  }

  part(importId: string, part: ImportPart): void {
    const open = this.find(importId);
    const { number } = open;
    const after = checkPart(importId, open, part, this.limits);
    const { insertChunk, insertMark, insertSnapshot, insertTimeline, insertLines, insertTrace } =
      this.statements;
    let { chunks } = open;
    this.core.bigTransaction(() => {
      if (part.rows !== null) {
        const { from, columns, timeline } = part.rows;
        this.events.insert(number, from, columns);
        if (timeline !== null) {
          const { maxTimeNs, coarse, fine } = timeline;
          insertTimeline.run(number, from, after.position, maxTimeNs, coarse, fine);
        }
      }
      for (const name of part.names) this.insertName(number, name);
      for (const { fromPosition, toPosition, decisions } of part.decisions) {
        chunks++;
        // No reader asks for a chunk's ordinal; it is the position at `full`.
        insertChunk.run(number, chunks, fromPosition, toPosition, toPosition, decisions);
      }
      for (const { number: mark, step, position, input, issuedAt } of part.marks) {
        const said =
          input === null
            ? [null, null, null]
            : [input.number, JSON.stringify(input.command), JSON.stringify(input.plan)];
        insertMark.run(number, mark, step, position, ...said, issuedAt);
      }
      for (const { position, ordinal, layout, size, deflated } of part.snapshots) {
        insertSnapshot.run(number, position, ordinal, layout, size, deflated);
      }
      for (const c of part.traceLines ?? []) {
        const { fromLine, toLine, afterPosition, lines, size, deflated } = c;
        insertLines.run(number, c.number, fromLine, toLine, afterPosition, lines, size, deflated);
      }
      if (part.traceSummary !== undefined) insertTrace.run(number, part.traceSummary);
    });
    this.open.set(importId, { ...open, ...after, chunks });
  }

  finish(importId: string, progress: RunProgress | null): StoredSession {
    const open = this.find(importId);
    const { number, position, chunks, storedBytes, session } = open;
    checkEnd(importId, open, progress);
    const { seal, insertSegment, dropTombstone, row } = this.statements;
    const stored = this.core.bigTransaction(() => {
      this.checkRoom();
      const text = progress === null ? null : JSON.stringify(progress);
      // Its age here counts from now, however old the file is.
      seal.run(position, chunks, text, storedBytes, new Date().toISOString(), number);
      insertSegment.run(number, 1, OPEN_END, number);
      dropTombstone.run(number);
      return row.get(number) as SessionRow;
    });
    this.open.delete(importId);
    const { state } = session;
    this.onCommit({ sessionId: importId, state, progress, fromPosition: 1, toPosition: position });
    return sessionOfRow(stored);
  }

  /** The rows are still there: the sweeper's business. */
  abandon(importId: string): void {
    const open = this.open.get(importId);
    if (open === undefined) return;
    this.core.transaction(() => this.statements.bury.run(open.number));
    this.open.delete(importId);
  }

  private insertName(session: number, { entry, since }: NameSince): void {
    const { insertThread, insertSite } = this.statements;
    if (entry.kind === 'thread') insertThread.run(session, entry.id, entry.name, since);
    else insertSite.run(session, entry.id, entry.function, entry.label, entry.parent, since);
  }

  private checkRoom(): void {
    const { maxSessions } = this.limits;
    const count = this.statements.count.get() as number;
    if (count >= maxSessions)
      throw limitExceeded('maxSessions', maxSessions, count + 1, 'sessions in one store');
  }

  private find(importId: string): Open {
    const open = this.open.get(importId);
    if (open === undefined) throw noImport(importId);
    return open;
  }
}

function prepareStatements(db: Database) {
  return {
    count: db.prepare(`SELECT count(*) FROM session WHERE ${LIVE_SESSION}`).pluck(),
    row: db.prepare(`SELECT ${SESSION_COLUMNS} FROM session WHERE session = ?`),
    insertSession: db.prepare(
      'INSERT INTO session (kind, state, reason, manifest, position, created_at, updated_at) VALUES (?,?,?,?,0,?,?)',
    ),
    insertTombstone: db.prepare('INSERT INTO tombstone (session, deleted_at, swept) VALUES (?,?,?)'),
    insertChunk: db.prepare(
      'INSERT INTO chunk (session, number, from_position, to_position, to_ordinal, decisions) VALUES (?,?,?,?,?,?)',
    ),
    insertMark: db.prepare(
      'INSERT INTO outside_input (session, number, step, after_position, command, body, plan, issued_at) VALUES (?,?,?,?,?,?,?,?)',
    ),
    insertTimeline: db.prepare(
      'INSERT INTO timeline (session, from_position, to_position, max_time_ns, coarse, fine) VALUES (?,?,?,?,?,?)',
    ),
    insertSnapshot: db.prepare(
      'INSERT INTO snapshot (session, position, ordinal, layout, size, deflated) VALUES (?,?,?,?,?,?)',
    ),
    insertLines: db.prepare(
      'INSERT INTO trace_chunk (session, number, from_line, to_line, after_position, lines, size, deflated) VALUES (?,?,?,?,?,?,?,?)',
    ),
    insertTrace: db.prepare('INSERT INTO trace (session, summary) VALUES (?,?)'),
    insertThread: db.prepare('INSERT INTO thread_name (session, id, name, since) VALUES (?,?,?,?)'),
    insertSite: db.prepare(
      'INSERT INTO site (session, id, function, label, parent, since) VALUES (?,?,?,?,?,?)',
    ),
    insertSegment: db.prepare(
      'INSERT INTO session_segment (session, from_position, to_position, owner) VALUES (?,?,?,?)',
    ),
    seal: db.prepare(
      'UPDATE session SET position = ?, chunks = ?, progress = ?, stored_bytes = ?, updated_at = ? WHERE session = ?',
    ),
    dropTombstone: db.prepare('DELETE FROM tombstone WHERE session = ?'),
    bury: db.prepare('UPDATE tombstone SET swept = 0 WHERE session = ?'),
    dropUnfinished: db.prepare(`UPDATE tombstone SET swept = 0 WHERE swept = ${BEING_IMPORTED}`),
  };
}
