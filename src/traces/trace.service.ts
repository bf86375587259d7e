// Traces of real kernels into the store: read in a thread of its own, stored in parts, with one part ahead. The session
// appears when the whole file has been read; whatever goes wrong before, nothing of it stays.
import { MAX_NAME_CHARS, MAX_TRACE_BYTES } from '../config/limits.js';
import { errorOf } from '../exports/failures.js';
import { ImportThreads } from '../exports/import-threads.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { EventStore } from '../store/event-store.port.js';
import type { SessionRecord } from '../store/session.js';
import { queryRefused, storeFailed } from '../store/store.errors.js';
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
  private readonly threads = new ImportThreads(
    () => compiledEntry(import.meta.url, './trace-import.worker'),
    'trace-import',
  );

  constructor(
    private readonly store: EventStore,
    private readonly spool: string,
    private readonly limits: TraceLimits = TRACE_LIMITS,
  ) {}

  /** A file of this machine. */
  async importFile(file: string, request: TraceRequest): Promise<ImportedTrace> {
    return await this.threads.oneOfFew(() => this.read(file, { name: file, ...request }));
  }

  /** A trace that arrives as a stream: taken in as quickly as it comes, then imported. */
  async importStream(source: AsyncIterable<Uint8Array>, request: TraceRequest): Promise<ImportedTrace> {
    const limits = { name: 'MAX_TRACE_BYTES', maxBytes: MAX_TRACE_BYTES };
    return await this.threads.received(source, this.spool, limits, (file) => this.read(file, request));
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
    await this.threads.stop();
  }

  private async read(file: string, request: TraceRequest): Promise<ImportedTrace> {
    const order: TraceOrder = {
      file,
      name: request.name ?? DEFAULT_NAME,
      kernel: request.kernel ?? null,
      kprobeProfile: request.kprobeProfile ?? '',
      limits: this.limits,
      spool: this.spool,
    };
    const name = sessionName(request);
    return await this.threads.run<FromTrace, ImportedTrace>(order, (next) => this.intoStore(next, name));
  }

  private async intoStore(next: () => Promise<FromTrace>, name: string | null): Promise<ImportedTrace> {
    let importId: string | null = null;
    try {
      let coming = next();
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
        coming = next();
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
