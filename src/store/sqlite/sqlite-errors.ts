// SQLite's result codes in the store's words.
import Database from 'better-sqlite3';
import { diskFull, StoreError, storeFailed } from '../store.errors.js';

const FULL = new Set(['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE']);
const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

export function sqliteCode(error: unknown): string | null {
  return error instanceof Database.SqliteError ? error.code : null;
}

/** The typed error for what SQLite said about `file`; errors that are not SQLite's pass unchanged. */
export function fromSqlite(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === null) return error;
  const said = (error as Error).message;
  if (FULL.has(code)) return diskFull(file);
  if (DAMAGED.has(code) || code.startsWith('SQLITE_CORRUPT')) return damaged(file, said);
  return storeFailed(`${file}: ${said} (${code})`);
}

export function damaged(file: string, what: string): StoreError {
  return new StoreError(
    'database_damaged',
    `${file} is damaged: ${what}. Expected an intact database; restore a backup or move the file away`,
    { file, what },
  );
}
