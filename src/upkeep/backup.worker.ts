// Entry of the thread that copies both databases: the copying blocks it for as long as it takes.
import { parentPort, workerData } from 'node:worker_threads';
import { type PreparedBackup, prepareBackup } from '../store/sqlite/backup/backup.js';
import { errorToWire, type WireError } from '../store/store.errors.js';

export type FromBackup =
  | { readonly kind: 'prepared'; readonly backup: PreparedBackup }
  | { readonly kind: 'failed'; readonly error: WireError };

const { dataDir } = workerData as { readonly dataDir: string };
const answer: FromBackup = await prepareBackup(dataDir).then(
  (backup): FromBackup => ({ kind: 'prepared', backup }),
  (error: unknown): FromBackup => ({ kind: 'failed', error: errorToWire(error) }),
);
parentPort!.postMessage(answer);
