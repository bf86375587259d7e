// A copy of a database at one moment, while its owner goes on writing. VACUUM INTO reads in one transaction: SQLite's
// backup interface would begin again with every commit of another connection. What was deleted is not in the copy.
import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../../store.errors.js';
import { openReadOnly } from '../connection.js';
import { fromSqlite } from '../sqlite-errors.js';

/** Left free on a disk that something is copied to: other writers need room as well. */
const SPARE_BYTES = 16 * 1024 ** 2;

/** Blocks the thread for as long as it takes. `to` must not exist. */
export function copyDatabase(from: string, to: string): void {
  const db = openReadOnly(from);
  try {
    db.prepare('VACUUM INTO ?').run(to);
  } catch (error) {
    throw fromSqlite(error, to);
  } finally {
    db.close();
  }
}

/** Bytes of a database with its log; 0 when there is none. */
export function databaseBytes(file: string): number {
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return size(file) + size(`${file}-wal`);
}

/** Throws `disk_full` when the disk of `path` has no room for so many bytes. */
export function expectRoom(path: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(path));
  const free = bavail * bsize;
  if (free >= bytes + SPARE_BYTES) return;
  throw new StoreError(
    'disk_full',
    `${path}: ${bytes} bytes are needed and ${free} are free (${SPARE_BYTES} are left to others); nothing was written`,
    { file: path },
  );
}
