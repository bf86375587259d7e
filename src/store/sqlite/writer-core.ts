// The only code that writes to events.sqlite: creates sessions, appends chunks, changes states. Synchronous, on one
// connection; one call is one transaction. What it knows of sessions in memory changes after the commit, never before.
import type { Database } from 'better-sqlite3';
import type { Manifest, OutsideCommand } from '../../core/run/contract.js';
import { type PreparedChunk, packSnapshot } from '../channel/prepared-chunk.js';
import { type AppendState, checkChunk, stateAfter } from '../chunk-check.js';
import type { CommitNotice, Committed, SessionExtra, StateChange } from '../event-store.port.js';
import { failpoint } from '../failpoint.js';
import { segmentsOfNew } from '../segments.js';
import { isSealed, type SessionKind, type SessionState, type StoredSession } from '../session.js';
import {
  diskFull,
  isStoreError,
  limitExceeded,
  queryRefused,
  StoreError,
  sessionNotFound,
  sessionSealed,
  stateConflict,
} from '../store.errors.js';
import type { StoreLimits } from '../store.limits.js';
import { DictionaryWriter } from './dictionary-writer.js';
import { EventInserter } from './event-inserter.js';
import type { Reserve } from './reserve.js';
import { segmentsOf } from './segment-reads.js';
import {
  LIVE_SESSION,
  SESSION_COLUMNS,
  type SessionRow,
  sessionNumber,
  sessionOfRow,
} from './session-row.js';
import { fromSqlite } from './sqlite-errors.js';

interface Known extends AppendState {
  readonly number: number;
  readonly chunks: number;
}

export class WriterCore {
  private readonly known = new Map<number, Known>();
  private readonly events: EventInserter;
  private readonly dictionary: DictionaryWriter;
  private readonly statements: ReturnType<typeof prepareStatements>;
  /** Ids up to this are people's notes' still, but that could not be written yet. */
  private unwrittenReserve = 0;

  constructor(
    private readonly db: Database,
    private readonly file: string,
    private readonly limits: StoreLimits,
    private readonly reserve: Reserve,
    private readonly onCommit: (notice: CommitNotice) => void,
  ) {
    this.events = new EventInserter(db);
    this.dictionary = new DictionaryWriter(db);
    this.statements = prepareStatements(db);
  }

  create(manifest: Manifest, kind: SessionKind, extra: SessionExtra): StoredSession {
    const before = this.madeBefore(extra);
    if (before !== null) return sessionOfRow(before);
    const row = this.bigTransaction(() => {
      const count = this.statements.count.get() as number;
      if (count >= this.limits.maxSessions) {
        throw limitExceeded('maxSessions', this.limits.maxSessions, count + 1, 'sessions in one store');
      }
      const number = this.insertSession(manifest, kind, extra);
      return this.row(number);
    });
    const session = sessionOfRow(row);
    this.announce(session);
    return session;
  }

  append(sessionId: string, chunk: PreparedChunk): Committed {
    const known = this.load(sessionId);
    const { number, position } = known;
    const bytes = checkChunk(known, chunk, this.limits);
    const snapshot = chunk.snapshot === null ? null : packSnapshot(chunk.snapshot);
    const next: Known = {
      ...known,
      position: position + chunk.columns.length,
      chunks: known.chunks + 1,
      storedBytes: known.storedBytes + bytes,
      state: stateAfter(known.state, chunk),
    };
    const { progress } = chunk;
    const { insertChunk, insertMark, insertSnapshot, updateSession } = this.statements;
    this.bigTransaction(() => {
      this.events.insert(number, position + 1, chunk.columns);
      this.dictionary.write(sessionId, number, position, chunk.dictionary);
      insertChunk.run(number, next.chunks, position, next.position, progress.ordinal, chunk.decisions);
      for (const { number: mark, step, position: after, input } of chunk.marks) {
        const said = input === null ? [null, null, null] : commandColumns(input);
        insertMark.run(number, mark, step, after, ...said, now());
      }
      if (snapshot !== null) {
        failpoint('in-snapshot');
        const { ordinal, layout, size, deflated } = snapshot;
        insertSnapshot.run(number, snapshot.position, ordinal, layout, size, deflated);
      }
      const { timeline } = chunk;
      if (timeline !== null) {
        const { maxTimeNs, coarse, fine } = timeline;
        this.statements.insertTimeline.run(number, position + 1, next.position, maxTimeNs, coarse, fine);
      }
      const { state, storedBytes } = next;
      updateSession.run(
        next.position,
        next.chunks,
        JSON.stringify(progress),
        storedBytes,
        state,
        now(),
        number,
      );
    });
    this.known.set(number, next);
    failpoint('after-commit-before-notice');
    const committed = { fromPosition: position + 1, toPosition: next.position };
    this.onCommit({ sessionId, state: next.state, progress, ...committed });
    return committed;
  }

  setState(sessionId: string, state: SessionState, change: StateChange): StoredSession {
    const known = this.load(sessionId);
    const allowed = change.from;
    if (allowed !== undefined && !allowed.includes(known.state)) {
      throw stateConflict(sessionId, known.state, allowed);
    }
    if (isSealed(known.state) && state !== known.state) throw sessionSealed(sessionId, known.state);
    const row = this.transaction(() => {
      this.statements.updateState.run(state, change.reason ?? null, now(), known.number);
      return this.row(known.number);
    });
    this.known.set(known.number, { ...known, state });
    const session = sessionOfRow(row);
    this.announce(session);
    return session;
  }

  /** A creation or a change of state: no rows. */
  private announce({ id, state, progress, position }: StoredSession): void {
    this.onCommit({
      sessionId: id,
      state,
      progress,
      fromPosition: position + 1,
      toPosition: position,
    });
  }

  /** After a crash: nobody runs the sessions that were running. Returns how many there were. */
  interruptRunning(): number {
    return this.transaction(() => this.statements.interrupt.run(now()).changes);
  }

  /** New sessions get ids above this: ids that people's notes still name are not given away again. */
  reserveIdsUpTo(number: number): void {
    this.unwrittenReserve = number;
    this.transaction(() => this.writeReservedIds());
    this.unwrittenReserve = 0;
  }

  forget(number: number): void {
    this.known.delete(number);
  }

  /** For the little that must be said even when the disk is full: the room that was kept is given up for it. */
  transaction<T>(work: () => T): T {
    try {
      return this.attempt(work);
    } catch (error) {
      if (isStoreError(error, 'disk_full') && this.reserve.release()) return this.attempt(work);
      throw error;
    }
  }

  /** For what grows: refused while the kept room is given up. */
  bigTransaction<T>(work: () => T): T {
    if (!this.reserve.hasRoom()) throw diskFull(this.file);
    return this.attempt(work);
  }

  private attempt<T>(work: () => T): T {
    try {
      return this.db.transaction(work).immediate();
    } catch (error) {
      throw fromSqlite(error, this.file);
    }
  }

  private writeReservedIds(): void {
    const { readSequence, updateSequence, insertSequence } = this.statements;
    const number = this.unwrittenReserve;
    if (number === 0) return;
    const last = readSequence.get() as number | undefined;
    if (last === undefined) insertSequence.run(number);
    else if (last < number) updateSequence.run(number);
  }

  private madeBefore(extra: SessionExtra): SessionRow | null {
    if (extra.idempotency === undefined) return null;
    const { key, fingerprint } = extra.idempotency;
    const found = this.statements.findKey.get(key) as { fingerprint: string; session: number } | undefined;
    if (found === undefined) return null;
    if (found.fingerprint === fingerprint) return this.row(found.session);
    throw new StoreError(
      'idempotency_mismatch',
      `key ${key} was used for another request; expected the same one`,
      {
        key,
      },
    );
  }

  private insertSession(manifest: Manifest, kind: SessionKind, extra: SessionExtra): number {
    const { statements, db } = this;
    const at = now();
    this.writeReservedIds();
    const { parent } = extra;
    const shared = parent?.position ?? 0;
    const parentNumber = parent === undefined ? null : this.load(parent.sessionId).number;
    if (parentNumber !== null) this.checkForkPoint(parentNumber, shared);
    const text = JSON.stringify(manifest);
    const values = [
      kind,
      extra.state ?? 'queued',
      text,
      parentNumber,
      parent?.position ?? null,
      shared,
      at,
      at,
    ];
    const number = Number(statements.insertSession.run(...values).lastInsertRowid);
    const parentSegments = parentNumber === null ? [] : segmentsOf(db, parentNumber);
    for (const { from, to, owner } of segmentsOfNew(number, parentSegments, shared)) {
      statements.insertSegment.run(number, from, to, owner);
    }
    if (shared > 0) this.dictionary.inherit(number, parentSegments, shared);
    if (extra.idempotency !== undefined) {
      statements.insertKey.run(extra.idempotency.key, extra.idempotency.fingerprint, number, at);
    }
    return number;
  }

  private checkForkPoint(parent: number, position: number): void {
    const last = this.row(parent).position;
    if (Number.isInteger(position) && position >= 0 && position <= last) return;
    throw queryRefused(`fork of session ${parent} at ${position}`, `a position from 0 to ${last}`);
  }

  private load(sessionId: string): Known {
    const number = sessionNumber(sessionId);
    const known = this.known.get(number);
    if (known !== undefined) return known;
    const row = this.row(number);
    const { state, position, stored_bytes: storedBytes, chunks } = row;
    const loaded = { sessionId, number, state: state as SessionState, position, storedBytes, chunks };
    this.known.set(number, loaded);
    return loaded;
  }

  private row(number: number): SessionRow & { readonly chunks: number } {
    const row = this.statements.row.get(number) as (SessionRow & { readonly chunks: number }) | undefined;
    if (row === undefined) throw sessionNotFound(String(number));
    return row;
  }
}

function commandColumns({ number, command, plan }: OutsideCommand): [number, string, string] {
  return [number, JSON.stringify(command), JSON.stringify(plan)];
}

function now(): string {
  return new Date().toISOString();
}

function prepareStatements(db: Database) {
  return {
    row: db.prepare(`SELECT ${SESSION_COLUMNS}, chunks FROM session WHERE session = ? AND ${LIVE_SESSION}`),
    count: db.prepare(`SELECT count(*) FROM session WHERE ${LIVE_SESSION}`).pluck(),
    insertSession: db.prepare(
      'INSERT INTO session (kind, state, manifest, parent, parent_position, position, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?)',
    ),
    insertSegment: db.prepare(
      'INSERT INTO session_segment (session, from_position, to_position, owner) VALUES (?,?,?,?)',
    ),
    insertChunk: db.prepare(
      'INSERT INTO chunk (session, number, from_position, to_position, to_ordinal, decisions) VALUES (?,?,?,?,?,?)',
    ),
    insertMark: db.prepare(
      'INSERT INTO outside_input (session, number, step, after_position, command, body, plan, issued_at) VALUES (?,?,?,?,?,?,?,?)',
    ),
    // Two snapshots at one position say the same; the later one may have a newer layout.
    insertSnapshot: db.prepare(
      'INSERT OR REPLACE INTO snapshot (session, position, ordinal, layout, size, deflated) VALUES (?,?,?,?,?,?)',
    ),
    insertTimeline: db.prepare(
      'INSERT INTO timeline (session, from_position, to_position, max_time_ns, coarse, fine) VALUES (?,?,?,?,?,?)',
    ),
    updateSession: db.prepare(
      'UPDATE session SET position = ?, chunks = ?, progress = ?, stored_bytes = ?, state = ?, updated_at = ? WHERE session = ?',
    ),
    updateState: db.prepare('UPDATE session SET state = ?, reason = ?, updated_at = ? WHERE session = ?'),
    interrupt: db.prepare("UPDATE session SET state = 'interrupted', updated_at = ? WHERE state = 'running'"),
    findKey: db.prepare('SELECT fingerprint, session FROM idempotency_key WHERE key = ?'),
    insertKey: db.prepare(
      'INSERT INTO idempotency_key (key, fingerprint, session, created_at) VALUES (?,?,?,?)',
    ),
    readSequence: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'session'").pluck(),
    updateSequence: db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'session'"),
    insertSequence: db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('session', ?)"),
  };
}
