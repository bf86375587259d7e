// Backups that a server is asked for: one at a time, copied in a thread of its own, sent as it is pulled, and the copies
// removed however it ends. A reader that takes nothing for a while loses it: it must not keep others from theirs.
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { BACKUP_STALL_MS } from '../config/limits.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import {
  discardBackup,
  discardDrafts,
  type PreparedBackup,
  streamBackup,
} from '../store/sqlite/backup/backup.js';
import { errorFromWire, StoreError, storeFailed } from '../store/store.errors.js';
import type { FromBackup } from './backup.worker.js';

export interface SentBackup {
  readonly stream: Readable;
  /** Of the whole file. */
  readonly bytes: number;
  readonly createdAt: string;
}

export class BackupService {
  private under: Promise<PreparedBackup> | null = null;
  private sending: Readable | null = null;

  constructor(
    private readonly dataDir: string,
    private readonly stallMs: number = BACKUP_STALL_MS,
  ) {
    discardDrafts(dataDir);
  }

  /** Throws `job_under_way` while another one is made or sent. */
  async start(): Promise<SentBackup> {
    if (this.under !== null) {
      const message = 'a backup is being made or sent; expected none: there is one at a time';
      throw new StoreError('job_under_way', message, { kind: 'backup', id: null });
    }
    this.under = prepare(this.dataDir);
    let backup: PreparedBackup;
    try {
      backup = await this.under;
    } catch (error) {
      this.under = null;
      throw error;
    }
    let timer: NodeJS.Timeout | undefined;
    const rearm = (): void => {
      clearTimeout(timer);
      const stalled = (): void =>
        void stream.destroy(new Error(`the reader took nothing for ${this.stallMs} ms`));
      timer = setTimeout(stalled, this.stallMs);
      timer.unref();
    };
    const stream = streamBackup(backup, rearm);
    this.sending = stream;
    rearm();
    stream.once('close', () => {
      clearTimeout(timer);
      discardBackup(backup);
      this.under = null;
      this.sending = null;
    });
    return { stream, bytes: backup.bytes, createdAt: backup.head.createdAt };
  }

  async stop(): Promise<void> {
    this.sending?.destroy();
    const left = await this.under?.catch(() => null);
    if (left != null) discardBackup(left);
  }
}

function prepare(dataDir: string): Promise<PreparedBackup> {
  return new Promise((resolve, reject) => {
    const entry = compiledEntry(import.meta.url, './backup.worker');
    const thread = new Worker(entry, { name: 'backup', workerData: { dataDir }, execArgv: [] });
    let settle = (): void => reject(storeFailed('the backup thread ended without an answer'));
    thread.on('message', (message: FromBackup) => {
      if (message.kind === 'prepared') settle = () => resolve(message.backup);
      else settle = () => reject(errorFromWire(message.error));
    });
    thread.on('error', (error) => {
      settle = () => reject(storeFailed(`the backup thread died: ${error.message}`));
    });
    // Settled when the thread is gone: until then it may hold the copies open.
    thread.on('exit', () => settle());
  });
}
