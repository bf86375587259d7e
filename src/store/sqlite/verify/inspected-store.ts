// The store as a check of it reads it: everything as it is stored, nothing believed. Synchronous, read-only, on the thread
// of the caller; every read is short, so that an owner that goes on writing can recycle its log.
import type { Database } from 'better-sqlite3';
import type { StoredNumbers } from '../../../core/run/stored-numbers.js';
import type { StoredChunk } from '../../../core/run/verify-chunks.js';
import type { DictionaryRow } from '../../../core/run/verify-rows.js';
import type { PackedSnapshot } from '../../channel/prepared-chunk.js';
import type { StoredMark } from '../../event-store.port.js';
import { clipSegments, OPEN_END, type Segment } from '../../segments.js';
import { openQueryOnly, openReadOnly } from '../connection.js';
import { storeFiles } from '../files.js';
import { readMarks } from '../mark-reads.js';
import { RowReader } from '../row-reader.js';
import { segmentsOf } from '../segment-reads.js';
import { LIVE_SESSION, SESSION_COLUMNS, type SessionRow } from '../session-row.js';
import { fromSqlite } from '../sqlite-errors.js';

const CHUNKS_AT_ONCE = 64;
const EVENT_COLUMNS = ['skipped', 'time_ns', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'];

export type InspectedSession = SessionRow & { readonly chunks: number };

export interface SnapshotHead {
  readonly owner: number;
  readonly position: number;
  readonly ordinal: number;
  readonly layout: string;
  readonly size: number;
}

export class InspectedStore {
  readonly events: Database;
  readonly metadata: Database;
  private readonly reader: RowReader;
  private readonly statements: ReturnType<typeof prepareStatements>;

  /** @param owned this process owns the folder and nobody writes meanwhile */
  constructor(dataDir: string, owned: boolean) {
    const files = storeFiles(dataDir);
    const open = owned ? openQueryOnly : openReadOnly;
    this.metadata = typed(files.metadata, () => open(files.metadata));
    try {
      this.events = typed(files.events, () => open(files.events));
      this.reader = typed(files.events, () => new RowReader(this.events, files.events));
      this.statements = typed(files.events, () => prepareStatements(this.events));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    // Opening one of them may have failed.
    for (const db of [this.events, this.metadata] as (Database | undefined)[]) db?.close();
  }

  /** Numbers of the sessions that are not deleted, oldest first. */
  sessionNumbers(): number[] {
    return this.statements.numbers.all() as number[];
  }

  /** Undefined: it was deleted meanwhile. */
  session(number: number): InspectedSession | undefined {
    return this.statements.session.get(number) as InspectedSession | undefined;
  }

  segments(number: number): Segment[] {
    return segmentsOf(this.events, number);
  }

  dictionary(number: number): DictionaryRow[] {
    const { threads, sites } = this.statements;
    const named = threads.all(number) as Omit<Extract<DictionaryRow, { kind: 'thread' }>, 'kind'>[];
    const placed = sites.all(number) as Omit<Extract<DictionaryRow, { kind: 'site' }>, 'kind'>[];
    return [
      ...named.map((row) => ({ kind: 'thread' as const, ...row })),
      ...placed.map((row) => ({ kind: 'site' as const, ...row })),
    ];
  }

  /** Commands and rests: a snapshot says only how many of them lie behind it. */
  marks(segments: readonly Segment[]): StoredMark[] {
    return readMarks(this.events, segments);
  }

  /** The session's chunks in order, its parents' first, a few in memory at a time. @param own how many are its own */
  *chunks(session: number, segments: readonly Segment[], own: number): Generator<StoredChunk> {
    for (const { owner, from, to } of segments) {
      // What its owner appends from now on is not looked at; a parent's chunk belongs to it if it begins before the fork.
      const [before, last] = owner === session ? [OPEN_END, own] : [to, OPEN_END];
      let after = 0;
      for (;;) {
        const rows = this.statements.chunks.all(owner, from - 1, before, after, last, CHUNKS_AT_ONCE);
        for (const row of rows as Omit<StoredChunk, 'owner' | 'validTo'>[]) {
          after = row.number;
          yield { ...row, owner, validTo: Math.min(row.toPosition, to) };
        }
        if (rows.length < CHUNKS_AT_ONCE) break;
      }
    }
  }

  /** Rows `from` to `to` of the session with these segments. Throws where one is missing or cannot be read. */
  *numbers(
    segments: readonly Segment[],
    from: number,
    to: number,
    pageRows: number,
  ): Generator<StoredNumbers> {
    for (const segment of clipSegments(segments, from, to)) {
      for (let at = segment.from; at <= segment.to; at += pageRows) {
        yield this.reader.numbers(segment.owner, at, Math.min(segment.to, at + pageRows - 1));
      }
    }
  }

  /** Why the rows of this range cannot be read as numbers, in words, with the first position concerned. */
  explainGap(
    segments: readonly Segment[],
    from: number,
    to: number,
  ): { position: number; message: string } | null {
    for (const segment of clipSegments(segments, from, to)) {
      let expected = segment.from;
      for (const position of this.statements.positions.iterate(
        segment.owner,
        segment.from,
        segment.to,
      ) as IterableIterator<number>) {
        if (position !== expected) break;
        expected++;
      }
      if (expected <= segment.to) return { position: expected, message: 'there is no row at this position' };
      const odd = this.statements.oddRow.get(segment.owner, segment.from, segment.to) as number | undefined;
      if (odd !== undefined) return { position: odd, message: 'a value of this row is not a whole number' };
    }
    return null;
  }

  /** Snapshots of the session up to `position`, in order. */
  snapshotHeads(segments: readonly Segment[], position: number): SnapshotHead[] {
    return clipSegments(segments, 0, position).flatMap(({ owner, from, to }) =>
      // Position 0 belongs to whoever owns position 1.
      (this.statements.snapshots.all(owner, from === 1 ? 0 : from, to) as Omit<SnapshotHead, 'owner'>[]).map(
        (head) => ({
          ...head,
          owner,
        }),
      ),
    );
  }

  snapshot(head: SnapshotHead): PackedSnapshot | undefined {
    return this.statements.snapshot.get(head.owner, head.position) as PackedSnapshot | undefined;
  }
}

/** A file that cannot even be opened is damaged, or not what it should be: a typed error either way. */
function typed<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw fromSqlite(error, file);
  }
}

function prepareStatements(db: Database) {
  const odd = EVENT_COLUMNS.map((column) => `typeof(${column}) <> 'integer'`).join(' OR ');
  return {
    numbers: db.prepare(`SELECT session FROM session WHERE ${LIVE_SESSION} ORDER BY session`).pluck(),
    session: db.prepare(
      `SELECT ${SESSION_COLUMNS}, chunks FROM session WHERE session = ? AND ${LIVE_SESSION}`,
    ),
    threads: db.prepare('SELECT id, name, since FROM thread_name WHERE session = ? ORDER BY id'),
    sites: db.prepare('SELECT id, function, label, parent, since FROM site WHERE session = ? ORDER BY id'),
    chunks: db.prepare(
      'SELECT number, from_position AS fromPosition, to_position AS toPosition, to_ordinal AS toOrdinal, decisions ' +
        'FROM chunk WHERE session = ? AND from_position >= ? AND from_position < ? ' +
        'AND number > ? AND number <= ? ORDER BY number LIMIT ?',
    ),
    positions: db
      .prepare('SELECT position FROM event WHERE session = ? AND position BETWEEN ? AND ? ORDER BY position')
      .pluck(),
    oddRow: db
      .prepare(
        `SELECT position FROM event WHERE session = ? AND position BETWEEN ? AND ? AND (${odd}) LIMIT 1`,
      )
      .pluck(),
    snapshots: db.prepare(
      'SELECT position, ordinal, layout, size FROM snapshot WHERE session = ? AND position BETWEEN ? AND ? ORDER BY position',
    ),
    snapshot: db.prepare(
      'SELECT position, ordinal, layout, size, deflated FROM snapshot WHERE session = ? AND position = ?',
    ),
  };
}
