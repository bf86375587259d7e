// Session files into the store: read and checked in a thread of its own, stored in parts. The session appears only when
// every check has passed; whatever goes wrong, nothing of it stays.
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MAX_IMPORTS } from '../config/limits.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { EventStore } from '../store/event-store.port.js';
import type { SessionRecord } from '../store/session.js';
import { limitExceeded, storeFailed } from '../store/store.errors.js';
import { errorOf } from './failures.js';
import type { FromImport, ImportOrder } from './import-messages.js';
import { damagedFile } from './session-file/frames.js';
import type { SessionHead } from './session-file/head.js';
import { receive, type UploadLimits } from './upload.js';

export class ImportService {
  private open = 0;
  private readonly threads = new Set<Worker>();

  constructor(
    private readonly store: EventStore,
    /** Where uploads wait; what an earlier process left there is removed before the first. */
    private readonly spoolDir: string,
  ) {}

  /** A file of this machine. */
  async importFile(file: string): Promise<SessionRecord> {
    return await this.oneOfFew(() => this.read(file));
  }

  /** A file that arrives as a stream: taken in as quickly as it comes, then imported. */
  async importStream(source: AsyncIterable<Uint8Array>, limits: UploadLimits): Promise<SessionRecord> {
    return await this.oneOfFew(async () => {
      const file = await receive(source, this.spoolDir, limits);
      try {
        return await this.read(file);
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }

  private async oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    if (this.open >= MAX_IMPORTS)
      throw limitExceeded('MAX_IMPORTS', MAX_IMPORTS, this.open + 1, 'imports at once');
    this.open++;
    try {
      return await work();
    } finally {
      this.open--;
    }
  }

  private async read(file: string): Promise<SessionRecord> {
    const { maxSnapshotBytes } = this.store.limits;
    const workerData: ImportOrder = { file, limits: { maxSnapshotBytes } };
    const thread = new Worker(compiledEntry(import.meta.url, './import.worker'), {
      workerData,
      name: 'import',
    });
    this.threads.add(thread);
    try {
      return await this.intoStore(thread);
    } finally {
      this.threads.delete(thread);
      await thread.terminate();
    }
  }

  private async intoStore(thread: Worker): Promise<SessionRecord> {
    let importId: string | null = null;
    let head: SessionHead | null = null;
    try {
      for (;;) {
        const message = await answerOf(thread);
        if (message.kind === 'failed') throw errorOf(message.failure);
        if (message.kind === 'head') {
          head = message.head;
          importId = await this.store.beginImport(head.session);
        } else if (importId === null || head === null) {
          throw damagedFile('it does not begin with a session');
        } else if (message.kind === 'part') {
          await this.store.importPart(importId, message.part);
        } else {
          const { progress, name, note } = head;
          return await this.store.finishImport(importId, progress, { name, note });
        }
      }
    } catch (error) {
      if (importId !== null) await this.store.abandonImport(importId);
      throw error;
    }
  }
}

/** Asks for the next message. */
function answerOf(thread: Worker): Promise<FromImport> {
  return new Promise((resolve, reject) => {
    const ended = (): void => settle(() => reject(storeFailed('the import thread ended early')));
    const died = (error: Error): void => settle(() => reject(error));
    const answered = (message: FromImport): void => settle(() => resolve(message));
    const settle = (then: () => void): void => {
      thread.off('message', answered).off('error', died).off('exit', ended);
      then();
    };
    thread.on('message', answered).on('error', died).on('exit', ended);
    thread.postMessage('next');
  });
}
