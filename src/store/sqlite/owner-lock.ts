// One owner per data folder. The lock is an exclusive transaction on a tiny database, held for life: the kernel gives
// it back when the process dies, however it dies. What the owner says about itself stands in owner.json beside it and
// is believed only while the lock is held.
//
// owner.sqlite must never be opened by anything but SQLite in this process: closing any descriptor of a file drops
// every POSIX lock that the process has on it.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type OwnerInfo, StoreError } from '../store.errors.js';
import { type StoreFiles, storeFiles } from './files.js';
import { fromSqlite, sqliteCode } from './sqlite-errors.js';

/** Longer than a probe holds its read lock, short enough to say no at once. */
const ACQUIRE_TIMEOUT_MS = 300;

export class OwnerLock {
  private constructor(
    private readonly db: Database.Database,
    private readonly files: StoreFiles,
    private info: OwnerInfo,
  ) {}

  /** Throws `data_folder_owned` when somebody else has the folder. */
  static acquire(files: StoreFiles): OwnerLock {
    const db = openLock(files);
    try {
      // Nothing is ever written here; a journal file would need room. Busy already here when there is an owner.
      db.pragma('journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw fromSqlite(error, files.lock);
      const owner = readOwnerFile(files);
      const who = owner === null ? 'another process' : describe(owner);
      const { dataDir } = files;
      throw new StoreError(
        'data_folder_owned',
        `${dataDir} is in use by ${who}; expected a folder without owner`,
        {
          dataDir,
          owner,
        },
      );
    }
    const info = { pid: process.pid, host: null, port: null, startedAt: new Date().toISOString() };
    const lock = new OwnerLock(db, files, info);
    try {
      lock.write();
    } catch (error) {
      lock.release();
      throw error;
    }
    return lock;
  }

  /** Says where the owner can be reached. */
  announce(host: string, port: number): void {
    this.info = { ...this.info, host, port };
    this.write();
  }

  release(): void {
    rmSync(this.files.owner, { force: true });
    this.db.exec('ROLLBACK');
    this.db.close();
  }

  /** Not essential: on a full disk others learn only that there is an owner. */
  private write(): void {
    const draft = `${this.files.owner}.${process.pid}`;
    try {
      writeFileSync(draft, `${JSON.stringify(this.info)}\n`);
      renameSync(draft, this.files.owner);
    } catch (error) {
      rmSync(draft, { force: true });
      rmSync(this.files.owner, { force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

function openLock(files: StoreFiles): Database.Database {
  try {
    return new Database(files.lock, { timeout: ACQUIRE_TIMEOUT_MS });
  } catch (error) {
    throw fromSqlite(error, files.lock);
  }
}

/** The present owner of a data folder, or null when nobody has it. Takes nothing. */
export function findOwner(dataDir: string): OwnerInfo | 'unknown' | null {
  const files = storeFiles(dataDir);
  if (!existsSync(files.lock)) return null;
  const db = new Database(files.lock, { readonly: true, timeout: 0 });
  try {
    db.pragma('schema_version');
    return null;
  } catch (error) {
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw error;
    return readOwnerFile(files) ?? 'unknown';
  } finally {
    db.close();
  }
}

function readOwnerFile(files: StoreFiles): OwnerInfo | null {
  try {
    return JSON.parse(readFileSync(files.owner, 'utf8')) as OwnerInfo;
  } catch {
    return null;
  }
}

function describe(owner: OwnerInfo): string {
  return `process ${owner.pid}${owner.host === null ? '' : ` on http://${owner.host}:${owner.port}`}`;
}
