// Traces of real kernels into the store: read in a thread of its own, stored in parts, with one part ahead. The session
// appears when the whole file has been read; whatever goes wrong before, nothing of it stays.
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MAX_IMPORTS, MAX_NAME_CHARS, MAX_TRACE_BYTES } from '../config/limits.js';
import { errorOf } from '../exports/failures.js';
import { receive } from '../exports/upload.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { EventStore } from '../store/event-store.port.js';
import type { SessionRecord } from '../store/session.js';
import { limitExceeded, queryRefused, storeFailed } from '../store/store.errors.js';
import { TRACE_LIMITS, type TraceLimits } from './trace-bytes.js';
import type { FromTrace, TraceDocument, TraceOrder } from './trace-messages.js';

export const TRACES = Symbol('TraceService');

export interface TraceRequest {
  /** Version of the kernel, where somebody knows it. */
  readonly kernel?: string | undefined;
  /** Text of tracefs kprobe_profile. */
  readonly kprobeProfile?: string | undefined;
  /** What the file is called. */
  readonly name?: string | undefined;
}

export interface ImportedTrace extends TraceDocument {
  readonly sessionId: string;
  /** The session's, of its events. */
  readonly digest: string;
  readonly stored: number;
}

const DEFAULT_NAME = 'trace';
/** What documents did not tell before. */
const NOT_TOLD = { missing: 0 };

export class TraceService {
  private open = 0;
  private readonly threads = new Set<Worker>();

  constructor(
    private readonly store: EventStore,
    private readonly spool: string,
    private readonly limits: TraceLimits = TRACE_LIMITS,
  ) {}

  /** A file of this machine. */
  async importFile(file: string, request: TraceRequest): Promise<ImportedTrace> {
    return await this.oneOfFew(() => this.read(file, { name: file, ...request }));
  }

  /** A trace that arrives as a stream: taken in as quickly as it comes, then imported. */
  async importStream(source: AsyncIterable<Uint8Array>, request: TraceRequest): Promise<ImportedTrace> {
    return await this.oneOfFew(async () => {
      const limits = { name: 'MAX_TRACE_BYTES', maxBytes: MAX_TRACE_BYTES };
      const file = await receive(source, this.spool, limits);
      try {
        return await this.read(file, request);
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  async document(sessionId: string): Promise<ImportedTrace> {
    const [session, text] = await Promise.all([
      this.store.getSession(sessionId),
      this.store.traceSummary(sessionId),
    ]);
    if (text === null) throw queryRefused(`session ${sessionId} is no imported trace`, 'an imported trace');
    return imported(session, { ...NOT_TOLD, ...(JSON.parse(text) as TraceDocument) });
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

  private async read(file: string, request: TraceRequest): Promise<ImportedTrace> {
    const workerData: TraceOrder = {
      file,
      name: request.name ?? DEFAULT_NAME,
      kernel: request.kernel ?? null,
      kprobeProfile: request.kprobeProfile ?? '',
      limits: this.limits,
      spool: this.spool,
    };
    const thread = new Worker(compiledEntry(import.meta.url, './trace-import.worker'), {
      workerData,
      name: 'trace-import',
    });
    this.threads.add(thread);
    try {
      return await this.intoStore(thread, sessionName(request));
    } finally {
      this.threads.delete(thread);
      await thread.terminate();
    }
  }

  private async intoStore(thread: Worker, name: string | null): Promise<ImportedTrace> {
    let importId: string | null = null;
    try {
      let coming = answerOf(thread);
      for (;;) {
        const message = await coming;
        if (message.kind === 'failed') throw errorOf(message.failure);
        if (message.kind === 'whole') {
          if (importId === null) throw storeFailed('the trace ended before it began');
          const session = await this.store.finishImport(importId, message.progress, {
            name,
            note: null,
          });
          return imported(session, message.document);
        }
        // The next part is read while this one is stored.
        coming = answerOf(thread);
        coming.catch(() => undefined);
        if (message.kind === 'begin') {
          importId = await this.store.beginImport({
            kind: 'imported',
            state: 'finished',
            reason: null,
            manifest: message.manifest,
            createdAt: new Date().toISOString(),
          });
        } else if (importId !== null) await this.store.importPart(importId, message.part);
      }
    } catch (error) {
      if (importId !== null) await this.store.abandonImport(importId);
      throw error;
    }
  }
}

/** Of a path the file alone, as much of it as a session's name may have. */
function sessionName({ name }: TraceRequest): string | null {
  const file = name?.split(/[\\/]/).at(-1) ?? '';
  return file === '' ? null : file.slice(-MAX_NAME_CHARS);
}

function imported(session: SessionRecord, document: TraceDocument): ImportedTrace {
  const digest = session.progress?.digest ?? '';
  return { sessionId: session.id, digest, stored: session.position, ...document };
}

/** Asks for the next message. */
function answerOf(thread: Worker): Promise<FromTrace> {
  return new Promise((resolve, reject) => {
    const ended = (): void =>
      settle(() => reject(storeFailed('the thread that reads the trace ended early')));
    const died = (error: Error): void => settle(() => reject(error));
    const answered = (message: FromTrace): void => settle(() => resolve(message));
    const settle = (then: () => void): void => {
      thread.off('message', answered).off('error', died).off('exit', ended);
      then();
    };
    thread.on('message', answered).on('error', died).on('exit', ended);
    thread.postMessage('next');
  });
}
