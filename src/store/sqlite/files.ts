// The files of one data folder.
import { join } from 'node:path';

export interface StoreFiles {
  readonly dataDir: string;
  /** Everything a session is. Written first. */
  readonly events: string;
  /** The derivable list of sessions, and what people added. */
  readonly metadata: string;
  /** Room that is given back when the disk is full. */
  readonly reserve: string;
  /** Copies of both files from before a migration. */
  readonly backups: string;
  /** Held exclusively while the folder has an owner; says nothing itself. */
  readonly lock: string;
  /** Who the owner is, for those who find the lock held. */
  readonly owner: string;
}

export function storeFiles(dataDir: string): StoreFiles {
  return {
    dataDir,
    events: join(dataDir, 'events.sqlite'),
    metadata: join(dataDir, 'rootline.sqlite'),
    reserve: join(dataDir, 'reserve'),
    backups: join(dataDir, 'backups'),
    lock: join(dataDir, 'owner.sqlite'),
    owner: join(dataDir, 'owner.json'),
  };
}
