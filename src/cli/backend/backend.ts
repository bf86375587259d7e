// What a command needs of "the place where sessions are": a data folder opened by this very process, or the server that
// owns the folder. Commands do not know which.
import type { RunRequest } from '../../core/run/manifest.js';
import type { ExportRequest } from '../../exports/formats.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';

/** A session on its way: events of the full stream so far. */
export type OnProgress = (sessionId: string, state: string, events: number) => void;

export interface Backend {
  /** In words, for the person who waits. */
  readonly place: string;
  /** Creates the sessions in this order and runs them side by side; resolves when all have ended. */
  run(requests: readonly RunRequest[], onProgress: OnProgress): Promise<SessionDocument[]>;
  /** Newest first. */
  sessions(): Promise<SessionDocument[]>;
  session(id: string): Promise<SessionDocument>;
  findings(id: string): Promise<FindingDocument[]>;
  replay(id: string): Promise<ReplayDocument>;
  export(id: string, request: ExportRequest): AsyncIterable<Uint8Array>;
  /** A session file. */
  importSession(file: string): Promise<SessionDocument>;
  close(): Promise<void>;
}
