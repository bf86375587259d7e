// A backup of a data folder that nobody owns: owned while it is copied, not opened for writing.
import { resolve } from 'node:path';
import { discardBackup, discardDrafts, prepareBackup, streamBackup } from '../store/sqlite/backup/backup.js';
import { storeFiles } from '../store/sqlite/files.js';
import { OwnerLock } from '../store/sqlite/owner-lock.js';
import { refuseUncheckable } from '../store/sqlite/verify/integrity.js';

export async function backupFolder(
  dataDir: string,
): Promise<{ readonly blocks: AsyncIterable<Uint8Array>; readonly done: () => Promise<void> }> {
  const files = storeFiles(resolve(dataDir));
  const lock = OwnerLock.acquire(files);
  try {
    refuseUncheckable(files);
    discardDrafts(files.dataDir);
    const prepared = await prepareBackup(files.dataDir);
    return {
      blocks: streamBackup(prepared),
      done: async () => {
        discardBackup(prepared);
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
