// A backup back into a folder, and the store opened once: an older form is migrated, the list is reconciled with the events,
// and what was under way becomes `interrupted`, as after a crash.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { restoreBackup } from '../store/sqlite/backup/restore.js';
import { openEventStore } from '../store/sqlite/open-event-store.js';
import type { SqliteEventStore } from '../store/sqlite/sqlite-event-store.js';

export interface RestoredStore {
  readonly dataDir: string;
  readonly sessions: number;
  /** Of these, under way when the backup was made. */
  readonly interrupted: number;
  readonly createdAt: string;
  readonly engine: string;
}

export async function restoreFolder(file: string, dataDir: string): Promise<RestoredStore> {
  const { createdAt, engine } = await restoreBackup(file, dataDir);
  let store: SqliteEventStore;
  try {
    store = await openEventStore(dataDir);
  } catch (error) {
    // A form that this build does not know, for one: the backup is as it was, and so is the folder.
    for (const name of readdirSync(dataDir)) rmSync(join(dataDir, name), { recursive: true, force: true });
    throw error;
  }
  const { interrupted } = store.reconciled;
  const sessions = store.sessionCount();
  await store.close();
  return { dataDir, sessions, interrupted, createdAt, engine };
}
