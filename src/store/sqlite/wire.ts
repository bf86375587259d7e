// What the main thread asks of the writer and the reader thread, and what they are started with.
import type { MessagePort } from 'node:worker_threads';
import type { Manifest, RunProgress } from '../../core/run/contract.js';
import type { PreparedChunk } from '../channel/prepared-chunk.js';
import type {
  CommitNotice,
  Committed,
  DecisionLog,
  EncodedFrame,
  FoldPage,
  FrameRequest,
  NumbersPage,
  RowPage,
  RowQuery,
  SessionExtra,
  StateChange,
} from '../event-store.port.js';
import type { ImportedSession, ImportPart } from '../imports.port.js';
import type { StoreSurvey } from '../retention.port.js';
import type { SessionKind, SessionState, StoredSession } from '../session.js';
import type { StoreLimits } from '../store.limits.js';
import type { Synchronous } from './connection.js';

export interface WriterData {
  readonly file: string;
  readonly reserve: string;
  readonly limits: StoreLimits;
  readonly synchronous: Synchronous;
  /** Memory of WriterFigures. */
  readonly figures: SharedArrayBuffer;
  /** For tests of a full disk. */
  readonly maxPages: number | undefined;
}

export type WriterCalls = {
  /** Answers once the database is open; `interrupted`: how many sessions had been running. */
  begin: { request: { readonly reserveIdsUpTo: number }; reply: { readonly interrupted: number } };
  create: {
    request: { readonly manifest: Manifest; readonly kind: SessionKind; readonly extra: SessionExtra };
    reply: StoredSession;
  };
  append: { request: { readonly sessionId: string; readonly chunk: PreparedChunk }; reply: Committed };
  openChannel: { request: { readonly sessionId: string; readonly port: MessagePort }; reply: null };
  setState: {
    request: { readonly sessionId: string; readonly state: SessionState; readonly change: StateChange };
    reply: StoredSession;
  };
  /** False: it is not expendable, and stays. */
  delete: { request: { readonly sessionId: string; readonly onlyExpendable: boolean }; reply: boolean };
  beginImport: { request: ImportedSession; reply: string };
  importPart: { request: { readonly importId: string; readonly part: ImportPart }; reply: null };
  finishImport: {
    request: { readonly importId: string; readonly progress: RunProgress | null };
    reply: StoredSession;
  };
  abandonImport: { request: { readonly importId: string }; reply: null };
  deletionsDone: { request: null; reply: null };
  hasRoom: { request: null; reply: boolean };
  /** The last notices were taken. */
  noticesTaken: { request: null; reply: null };
  /** Sends the notices that wait, before the answer. */
  tellNotices: { request: null; reply: null };
  close: { request: null; reply: null };
};

/** What the writer tells unasked. */
export type WriterTold = readonly CommitNotice[];

export interface ReaderData {
  readonly file: string;
  readonly limits: StoreLimits;
}

interface RangeRequest {
  readonly sessionId: string;
  readonly from: number;
  readonly limit: number;
  readonly to: number | undefined;
}

export type ReaderCalls = {
  rows: { request: { readonly sessionId: string; readonly query: RowQuery }; reply: RowPage };
  fold: { request: RangeRequest; reply: FoldPage };
  numbers: { request: RangeRequest; reply: NumbersPage };
  ndjson: {
    request: { readonly sessionId: string; readonly query: RowQuery };
    reply: { readonly text: Uint8Array; readonly next: number | null };
  };
  frame: { request: { readonly sessionId: string; readonly request: FrameRequest }; reply: EncodedFrame };
  decisions: { request: { readonly sessionId: string }; reply: DecisionLog };
  survey: { request: null; reply: StoreSurvey };
  close: { request: null; reply: null };
};
