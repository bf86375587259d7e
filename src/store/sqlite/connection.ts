// Connections to events.sqlite and their settings.
import Database from 'better-sqlite3';

/** `normal`: kill -9 loses nothing, a power cut may lose the last commits. `full`: neither does; each commit waits. */
export type Synchronous = 'normal' | 'full';

/** A checkpoint every 64 MB of log instead of every 4 MB: fewer stalls, the same pages written fewer times. */
export const WAL_CHECKPOINT_PAGES = 16_000;
const BUSY_TIMEOUT_MS = 5_000;
const WRITER_CACHE_KIB = 32_768;
const READER_CACHE_KIB = 16_384;

export function openWriter(file: string, synchronous: Synchronous, maxPages?: number): Database.Database {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous}`);
  db.pragma(`wal_autocheckpoint = ${WAL_CHECKPOINT_PAGES}`);
  db.pragma(`cache_size = -${WRITER_CACHE_KIB}`);
  if (maxPages !== undefined) db.pragma(`max_page_count = ${maxPages}`);
  return db;
}

/** For a folder that this process owns and only looks at: unlike a read-only one, it leaves no log beside the file. */
export function openQueryOnly(file: string): Database.Database {
  const db = new Database(file, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  db.pragma('query_only = ON');
  db.pragma(`cache_size = -${READER_CACHE_KIB}`);
  return db;
}

export function openReadOnly(file: string): Database.Database {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  db.pragma(`cache_size = -${READER_CACHE_KIB}`);
  return db;
}
