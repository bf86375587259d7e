// What is looked at before a file is trusted: is it a database, is it ours, is it of a form that this build knows, is
// it whole. A full check would take minutes on a big store, so big files are checked where damage usually shows: the
// size that the header promises, our tables, the small tables in full, and both ends of the events; and every session
// that may go on must end where it says it does (a log that does not belong to its file mixes two states).
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StoreError } from '../store.errors.js';
import { damaged, fromSqlite } from './sqlite-errors.js';

export interface DatabaseIdentity {
  readonly applicationId: number;
  /** Highest user_version that this build knows. */
  readonly version: number;
  readonly tables: readonly string[];
}

/** Files up to this size are checked in full. */
const FULL_CHECK_BYTES = 16 * 1024 ** 2;
/** TypeORM makes these before the first migration commits. */
const TYPEORM_TABLES = new Set(['migrations', 'sqlite_sequence', 'typeorm_metadata']);
/** Never large: checked whatever the size of the file. */
const SMALL_TABLES = new Set([
  'session',
  'session_segment',
  'session_label',
  'thread_name',
  'tombstone',
  'job',
]);

/** Returns the form of the file: 0 when it has to be made. Throws a typed error when it must not be opened. */
export function checkDatabase(file: string, identity: DatabaseIdentity): number {
  const bytes = sizeOf(file);
  if (bytes === 0) {
    if (sizeOf(`${file}-wal`) > 0) throw damaged(file, 'it is empty, but its log is not');
    return 0;
  }
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { timeout: 5_000 });
    const found = identify(db, file, identity);
    if (found > 0) checkWhole(db, file, bytes, found === identity.version ? identity.tables : []);
    if (found === identity.version && identity.tables.includes('event')) checkEnds(db, file);
    return found;
  } catch (error) {
    throw fromSqlite(error, file);
  } finally {
    db?.close();
  }
}

function identify(db: Database.Database, file: string, identity: DatabaseIdentity): number {
  const applicationId = db.pragma('application_id', { simple: true }) as number;
  const userVersion = db.pragma('user_version', { simple: true }) as number;
  // Migrations that this build has not count, whatever user_version says.
  const version = Math.max(userVersion, migrationsRun(db));
  if (applicationId !== identity.applicationId) {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all() as string[];
    // Killed while it was made: the first migration never committed.
    if (applicationId === 0 && tables.every((name) => TYPEORM_TABLES.has(name))) return 0;
    throw new StoreError(
      'database_foreign',
      `${file} is not Rootline's: expected application_id ${identity.applicationId}, found ${applicationId}`,
      { file, found: applicationId, expected: identity.applicationId },
    );
  }
  if (version > identity.version) {
    throw new StoreError(
      'database_newer',
      `${file} was written by a newer Rootline and needs one that knows form ${version}; this one knows forms up to ${identity.version}`,
      { file, found: version, supported: identity.version },
    );
  }
  return userVersion;
}

function migrationsRun(db: Database.Database): number {
  const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() !== undefined;
  return has ? (db.prepare('SELECT count(*) FROM migrations').pluck().get() as number) : 0;
}

function checkWhole(db: Database.Database, file: string, bytes: number, tables: readonly string[]): void {
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  const pages = db.pragma('page_count', { simple: true }) as number;
  // With a log the last pages may not have reached the file yet.
  if (sizeOf(`${file}-wal`) === 0 && bytes < pages * pageSize) {
    throw damaged(file, `it should have ${pages * pageSize} bytes and has ${bytes}`);
  }
  const present = new Set(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
  for (const table of tables) {
    if (!present.has(table)) throw damaged(file, `table ${table} is missing`);
    if (bytes <= FULL_CHECK_BYTES) continue;
    if (SMALL_TABLES.has(table)) quickCheck(db, file, `(${table})`);
    else probe(db, table);
  }
  if (bytes <= FULL_CHECK_BYTES) quickCheck(db, file, '');
}

const OPEN_SESSIONS = `
  SELECT s.session, s.position, s.chunks,
    coalesce((SELECT max(e.position) FROM event e WHERE e.session = s.session), s.parent_position, 0) AS lastRow,
    (SELECT count(*) FROM chunk c WHERE c.session = s.session) AS chunkRows,
    coalesce((SELECT c.to_position FROM chunk c WHERE c.session = s.session ORDER BY c.number DESC LIMIT 1),
      s.parent_position, 0) AS lastChunk
  FROM session s
  WHERE s.state NOT IN ('finished', 'failed', 'cancelled') AND s.session NOT IN (SELECT session FROM tombstone)`;

function checkEnds(db: Database.Database, file: string): void {
  const rows = db.prepare(OPEN_SESSIONS).all() as {
    readonly [column in 'session' | 'position' | 'chunks' | 'lastRow' | 'chunkRows' | 'lastChunk']: number;
  }[];
  for (const { session, position, chunks, lastRow, chunkRows, lastChunk } of rows) {
    if (lastRow === position && lastChunk === position && chunkRows === chunks) continue;
    throw damaged(
      file,
      `session ${session} says that it ends at position ${position} after ${chunks} chunks; its rows end at ${lastRow}, its ${chunkRows} chunks at ${lastChunk}`,
    );
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function quickCheck(db: Database.Database, file: string, what: string): void {
  const said = db.prepare(`PRAGMA quick_check${what}`).pluck().get() as string;
  if (said !== 'ok') throw damaged(file, said);
}

/** Walks to the first and the last row: throws SQLITE_CORRUPT when the way there is broken. */
function probe(db: Database.Database, table: string): void {
  const order = table === 'event' ? ['session, position', 'session DESC, position DESC'] : ['1', '1 DESC'];
  for (const by of order) db.prepare(`SELECT * FROM ${table} ORDER BY ${by} LIMIT 1`).get();
}
