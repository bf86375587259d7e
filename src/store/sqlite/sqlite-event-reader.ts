// All reads of events.sqlite, synchronous, on one read-only connection. The main thread uses one for short reads by
// key, the reader thread one for long reads, and a worker that folds or replays opens its own.
import type { Database } from 'better-sqlite3';
import { E } from '../../core/events/catalogue.js';
import { SUBJECT_CODE } from '../../core/events/define.js';
import type { TimelineLevel } from '../../core/projections/timeline.js';
import type { DictionaryEntry, SnapshotBytes } from '../../core/run/contract.js';
import { type PackedSnapshot, unpackSnapshot } from '../channel/prepared-chunk.js';
import { concatFoldRows, concatNumbers, concatRows, type EventRows, type FoldRows } from '../event-rows.js';
import type {
  DecisionLog,
  EventReader,
  FoldPage,
  NumbersPage,
  RowFilters,
  RowPage,
  RowQuery,
  StoredMark,
  StoredTimeline,
} from '../event-store.port.js';
import type { NameSince, TraceLines } from '../imports.port.js';
import type { StoreSurvey } from '../retention.port.js';
import { nextOf, planPage } from '../row-query.js';
import { clipSegments, type Segment } from '../segments.js';
import type { StoredSession } from '../session.js';
import { SnapshotFigures } from '../snapshot-figures.js';
import { type StoreError, sessionNotFound } from '../store.errors.js';
import { type StoreLimits, withLimits } from '../store.limits.js';
import { openReadOnly } from './connection.js';
import { readDecisions } from './decision-reads.js';
import { storeFiles } from './files.js';
import { readMarks } from './mark-reads.js';
import { conditionOf, type RowCondition, RowReader } from './row-reader.js';
import { segmentsOf } from './segment-reads.js';
import {
  EXPENDABLE_SESSION,
  LIVE_SESSION,
  SESSION_COLUMNS,
  type SessionRow,
  sessionNumber,
  sessionOfRow,
} from './session-row.js';
import { fromSqlite } from './sqlite-errors.js';
import { TimelineReads } from './timeline-reads.js';

/**
 * Opens an existing store for reading on this thread. The owner goes on writing. A worker thread that has one open must
 * close it and end by itself: terminating it inside a read takes the process down.
 */
export function openEventReader(
  dataDir: string,
  limits: Partial<StoreLimits> = {},
  snapshots?: SharedArrayBuffer,
): SqliteEventReader {
  const figures = new SnapshotFigures(snapshots);
  return new SqliteEventReader(storeFiles(dataDir).events, withLimits(limits), figures);
}

export class SqliteEventReader implements EventReader {
  private readonly db: Database;
  private readonly reader: RowReader;
  private readonly timelines: TimelineReads;
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(
    private readonly file: string,
    private readonly limits: StoreLimits,
    readonly snapshots = new SnapshotFigures(),
  ) {
    this.db = openReadOnly(file);
    this.reader = new RowReader(this.db, file);
    this.statements = prepareStatements(this.db);
    this.timelines = new TimelineReads(this.db);
  }

  session(sessionId: string): StoredSession {
    return this.guarded(() => {
      const number = sessionNumber(sessionId);
      const row = this.statements.session.get(number) as SessionRow | undefined;
      if (row === undefined) throw this.missing(number);
      return sessionOfRow(row);
    });
  }

  /** Every session that is not deleted, in the order of creation. */
  sessions(): StoredSession[] {
    return this.guarded(() => (this.statements.sessions.all() as SessionRow[]).map(sessionOfRow));
  }

  /** Numbers of deleted sessions. */
  tombstones(): ReadonlySet<number> {
    return this.guarded(() => new Set(this.statements.tombstones.all() as number[]));
  }

  sessionCount(): number {
    return this.guarded(() => this.statements.count.get() as number);
  }

  survey(): StoreSurvey {
    return this.guarded(() => {
      const { storedBytes, expendable } = this.statements;
      const found = expendable.all() as { session: number; stored_bytes: number; updated_at: string }[];
      return {
        storedBytes: storedBytes.get() as number,
        expendable: found.map(({ session, stored_bytes, updated_at }) => ({
          id: String(session),
          storedBytes: stored_bytes,
          sealedAtMs: Date.parse(updated_at),
        })),
      };
    });
  }

  rows(sessionId: string, query: RowQuery): RowPage {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      const plan = planPage(query, position, this.limits);
      const condition = plan.filters === null ? null : this.condition(number, plan.filters);
      const parts: EventRows[] = [];
      let left = plan.limit;
      const segments = this.segmentsWithin(number, plan.low, plan.high);
      if (plan.backward) segments.reverse();
      for (const { owner, from, to } of segments) {
        const part = this.reader.rows(owner, from, to, left, plan.backward, condition);
        parts.push(part);
        left -= part.length;
        if (left === 0) break;
      }
      const rows = concatRows(parts);
      return { rows, next: nextOf(plan, rows.length, rows.position[rows.length - 1] ?? 0) };
    });
  }

  fold(sessionId: string, from: number, limit: number, to?: number): FoldPage {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      const plan = planPage({ from, limit, ...(to === undefined ? {} : { to }) }, position, this.limits);
      const parts: FoldRows[] = this.segmentsWithin(number, plan.low, plan.high).map((segment) =>
        this.reader.fold(segment.owner, segment.from, segment.to),
      );
      const rows = concatFoldRows(plan.low, parts);
      return { rows, next: nextOf(plan, rows.length, plan.low + rows.length - 1) };
    });
  }

  numbers(sessionId: string, from: number, limit: number, to?: number): NumbersPage {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      const plan = planPage({ from, limit, ...(to === undefined ? {} : { to }) }, position, this.limits);
      const parts = this.segmentsWithin(number, plan.low, plan.high).map((segment) =>
        this.reader.numbers(segment.owner, segment.from, segment.to),
      );
      const rows = concatNumbers(parts);
      return { rows, next: nextOf(plan, rows.length, plan.low + rows.length - 1) };
    });
  }

  positionAtTime(sessionId: string, timeNs: number): number {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      for (const { owner, from, to } of this.segmentsWithin(number, 1, position)) {
        const begin = this.timelines.earliestLater({ owner, from, to }, timeNs);
        const later = this.statements.laterEvent.get(owner, begin, to, timeNs) as number | undefined;
        if (later !== undefined) return later - 1;
      }
      return position;
    });
  }

  timeline(sessionId: string, level: TimelineLevel, from: number, to: number): StoredTimeline[] {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      return this.segmentsWithin(number, 1, position)
        .filter((segment) => segment.from <= to && segment.to >= from)
        .flatMap((segment) => this.timelines.within(segment, level, from, to));
    });
  }

  findings(sessionId: string): EventRows {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      const machine = SUBJECT_CODE.machine;
      const quick = this.collect(
        number,
        position,
        conditionOf({ types: [E.Finding], subject: machine }, null),
      );
      // A finding about something else than machine 0 is not under that index key: look at every row.
      const expected = this.session(sessionId).progress?.findings ?? 0;
      if (quick.length >= expected) return quick;
      return this.collect(number, position, conditionOf({ types: [E.Finding] }, null));
    });
  }

  dictionary(sessionId: string): DictionaryEntry[] {
    return this.namesSince(sessionId).map(({ entry }) => entry);
  }

  namesSince(sessionId: string): NameSince[] {
    return this.guarded(() => {
      const { number } = this.endOf(sessionId);
      const threads = this.statements.threads.all(number) as { id: number; name: string; since: number }[];
      const sites = this.statements.sites.all(number) as {
        id: number;
        function: string;
        label: string;
        parent: number;
        since: number;
      }[];
      return [
        ...threads.map(({ since, ...thread }) => ({ entry: { kind: 'thread' as const, ...thread }, since })),
        ...sites.map(({ since, ...site }) => ({ entry: { kind: 'site' as const, ...site }, since })),
      ];
    });
  }

  marks(sessionId: string): StoredMark[] {
    return this.guarded(() => readMarks(this.db, segmentsOf(this.db, this.endOf(sessionId).number)));
  }

  decisions(sessionId: string): DecisionLog {
    return this.guarded(() => {
      const { number } = this.endOf(sessionId);
      return readDecisions(this.db, segmentsOf(this.db, number));
    });
  }

  traceSummary(sessionId: string): string | null {
    return this.guarded(() => {
      this.session(sessionId);
      const summary = this.statements.trace.get(sessionNumber(sessionId)) as string | undefined;
      return summary ?? null;
    });
  }

  traceLines(sessionId: string, from: number, limit: number): TraceLines[] {
    return this.guarded(() => {
      this.session(sessionId);
      return this.statements.traceLines.all(sessionNumber(sessionId), from, limit) as TraceLines[];
    });
  }

  latestSnapshot(sessionId: string, atOrBefore: number, layout?: string): SnapshotBytes | null {
    return this.guarded(() => {
      const { number, position } = this.endOf(sessionId);
      const segments = this.segmentsWithin(number, 0, Math.min(position, atOrBefore));
      for (const segment of segments.reverse()) {
        // Position 0 belongs to whoever owns position 1.
        const from = segment.from === 1 ? 0 : segment.from;
        const { anySnapshot, layoutSnapshot } = this.statements;
        const found = (
          layout === undefined
            ? anySnapshot.get(segment.owner, from, segment.to)
            : layoutSnapshot.get(segment.owner, from, segment.to, layout)
        ) as PackedSnapshot | undefined;
        if (found === undefined) continue;
        this.snapshots.count(true);
        return unpackSnapshot(found);
      }
      this.snapshots.count(false);
      return null;
    });
  }

  close(): void {
    this.db.close();
  }

  private collect(number: number, position: number, condition: RowCondition): EventRows {
    const parts = this.segmentsWithin(number, 1, position).map(({ owner, from, to }) =>
      this.reader.rows(owner, from, to, this.limits.maxPageRows, false, condition),
    );
    return concatRows(parts);
  }

  private condition(number: number, filters: RowFilters): RowCondition {
    const sites =
      filters.function === undefined
        ? null
        : (this.statements.sitesOfFunction.all(number, filters.function) as number[]);
    return conditionOf(filters, sites);
  }

  private segmentsWithin(number: number, low: number, high: number): Segment[] {
    return low > high ? [] : clipSegments(segmentsOf(this.db, number), low, high);
  }

  private endOf(sessionId: string): { readonly number: number; readonly position: number } {
    const number = sessionNumber(sessionId);
    const position = this.statements.position.get(number) as number | undefined;
    if (position === undefined) throw this.missing(number);
    return { number, position };
  }

  /** Numbers are given out once: up to the latest, each was a session. */
  private missing(number: number): StoreError {
    const given = this.statements.numbersGiven.get() as number | undefined;
    return sessionNotFound(String(number), number <= (given ?? 0));
  }

  private guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw fromSqlite(error, this.file);
    }
  }
}

function prepareStatements(db: Database) {
  const snapshot =
    'SELECT position, ordinal, layout, size, deflated FROM snapshot WHERE session = ? AND position BETWEEN ? AND ?';
  return {
    trace: db.prepare('SELECT summary FROM trace WHERE session = ?').pluck(),
    traceLines: db.prepare(
      'SELECT number, from_line AS fromLine, to_line AS toLine, after_position AS afterPosition, lines, size, deflated ' +
        'FROM trace_chunk WHERE session = ? AND number >= ? ORDER BY number LIMIT ?',
    ),
    session: db.prepare(`SELECT ${SESSION_COLUMNS} FROM session WHERE session = ? AND ${LIVE_SESSION}`),
    sessions: db.prepare(`SELECT ${SESSION_COLUMNS} FROM session WHERE ${LIVE_SESSION} ORDER BY session`),
    tombstones: db.prepare('SELECT session FROM tombstone').pluck(),
    numbersGiven: db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'session'").pluck(),
    count: db.prepare(`SELECT count(*) FROM session WHERE ${LIVE_SESSION}`).pluck(),
    storedBytes: db
      .prepare(`SELECT coalesce(sum(stored_bytes), 0) FROM session WHERE ${LIVE_SESSION}`)
      .pluck(),
    expendable: db.prepare(
      `SELECT session, stored_bytes, updated_at FROM session WHERE ${EXPENDABLE_SESSION} ORDER BY updated_at, session`,
    ),
    position: db.prepare(`SELECT position FROM session WHERE session = ? AND ${LIVE_SESSION}`).pluck(),
    threads: db.prepare('SELECT id, name, since FROM thread_name WHERE session = ? ORDER BY id'),
    sites: db.prepare('SELECT id, function, label, parent, since FROM site WHERE session = ? ORDER BY id'),
    sitesOfFunction: db.prepare('SELECT id FROM site WHERE session = ? AND function = ?').pluck(),
    laterEvent: db
      .prepare(
        'SELECT position FROM event WHERE session = ? AND position BETWEEN ? AND ? AND time_ns > ? ORDER BY position LIMIT 1',
      )
      .pluck(),
    anySnapshot: db.prepare(`${snapshot} ORDER BY position DESC LIMIT 1`),
    layoutSnapshot: db.prepare(`${snapshot} AND layout = ? ORDER BY position DESC LIMIT 1`),
  };
}
