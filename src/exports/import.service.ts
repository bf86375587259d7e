// Session files into the store: read and checked in a thread of its own, stored in parts. The session appears only when
// every check has passed; whatever goes wrong, nothing of it stays.
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { EventStore } from '../store/event-store.port.js';
import type { SessionRecord } from '../store/session.js';
import { errorOf } from './failures.js';
import type { FromImport, ImportOrder } from './import-messages.js';
import { ImportThreads } from './import-threads.js';
import { damagedFile } from './session-file/frames.js';
import type { SessionHead } from './session-file/head.js';
import type { UploadLimits } from './upload.js';

export class ImportService {
  private readonly threads = new ImportThreads(
    () => compiledEntry(import.meta.url, './import.worker'),
    'import',
  );

  constructor(
    private readonly store: EventStore,
    /** Where uploads wait; what an earlier process left there is removed before the first. */
    private readonly spoolDir: string,
  ) {}

  /** A file of this machine. */
  async importFile(file: string): Promise<SessionRecord> {
    return await this.threads.oneOfFew(() => this.read(file));
  }

  /** A file that arrives as a stream: taken in as quickly as it comes, then imported. */
  async importStream(source: AsyncIterable<Uint8Array>, limits: UploadLimits): Promise<SessionRecord> {
    return await this.threads.received(source, this.spoolDir, limits, (file) => this.read(file));
  }

  async stop(): Promise<void> {
    await this.threads.stop();
  }

  private async read(file: string): Promise<SessionRecord> {
    const { maxSnapshotBytes } = this.store.limits;
    const order: ImportOrder = { file, limits: { maxSnapshotBytes } };
    return await this.threads.run<FromImport, SessionRecord>(order, (next) => this.intoStore(next));
  }

  private async intoStore(next: () => Promise<FromImport>): Promise<SessionRecord> {
    let importId: string | null = null;
    let head: SessionHead | null = null;
    try {
      for (;;) {
        const message = await next();
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
