// What a command needs of "the place where sessions are": a data folder opened by this very process, or the server that
// owns the folder. Commands do not know which.
import type { ComparisonQuestion } from '../../comparisons/comparison.service.js';
import type { Comparison } from '../../core/compare/comparison.js';
import type { RootPressureFigures } from '../../core/projections/root-pressure.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { LiveCommand } from '../../core/scenarios/live/catalogue.js';
import type { CheckAnswer } from '../../core/traces/check/checked-trace.js';
import type { ExportRequest } from '../../exports/formats.js';
import type { ForkRequest } from '../../sessions/forks.js';
import type { CheckRequest } from '../../sessions/inspection/orders/check.order.js';
import type { CompareProgress } from '../../sessions/inspection/orders/compare.order.js';
import type { OrderName, OrderReply, OrderRequest } from '../../sessions/inspection/orders/index.js';
import type { KernelReport } from '../../sessions/kernel-reports.js';
import type { StoredCommand } from '../../sessions/live/live-commands.service.js';
import type { ImportedTrace, TraceRequest } from '../../traces/trace.service.js';
import type { FindingDocument, ReplayDocument, SessionDocument } from '../documents.js';
import type { PastBackend } from './past-backend.js';
import type { SweepBackend } from './sweep-backend.js';

/** What a session on its way can be told. */
export const CONTROLS = ['pause', 'resume', 'cancel'] as const;
export type Control = (typeof CONTROLS)[number];

export interface CommandDocument {
  readonly command: StoredCommand;
  readonly session: SessionDocument;
}

/** A session on its way: events of the full stream so far. */
export type OnProgress = (sessionId: string, state: string, events: number) => void;

/** What a fork is asked for with. */
export interface ForkAsked extends ForkRequest {
  readonly name?: string;
}
export type ForkDocument = SessionDocument;

export interface Backend {
  /** In words, for the person who waits. */
  readonly place: string;
  /** Creates the sessions in this order and runs them side by side; resolves when all have ended. */
  run(requests: readonly RunRequest[], onProgress: OnProgress): Promise<SessionDocument[]>;
  /** Makes a fork and lets it go on; resolves when it has ended, or waits for a command. */
  fork(id: string, request: ForkAsked): Promise<ForkDocument>;
  /** Newest first. */
  sessions(): Promise<SessionDocument[]>;
  session(id: string): Promise<SessionDocument>;
  /** @param at position of the session; null: wherever it is. `events`: how far it goes on; null: to where it waits. */
  command(
    id: string,
    command: LiveCommand,
    events: number | null,
    at: number | null,
  ): Promise<CommandDocument>;
  step(id: string, events: number | null, at: number | null): Promise<SessionDocument>;
  commands(id: string): Promise<StoredCommand[]>;
  control(id: string, what: Control): Promise<SessionDocument>;
  findings(id: string): Promise<FindingDocument[]>;
  /** What the kernel itself reported. */
  assertions(id: string): Promise<KernelReport[]>;
  /** Time travel and notes. */
  readonly past: PastBackend;
  readonly sweeps: SweepBackend;
  /** Most valid roots at once, waits for a root, zaps at once. */
  rootPressure(id: string): Promise<RootPressureFigures>;
  replay(id: string): Promise<ReplayDocument>;
  check(question: Omit<CheckRequest, 'progress'>): Promise<CheckAnswer>;
  /** A question about stored sessions: here by its order, from a server by the address that gives the same answer. */
  inspect<N extends OrderName>(name: N, request: OrderRequest<N>, address: string): Promise<OrderReply<N>>;
  /** @param onProgress told where it takes long */
  compare(question: ComparisonQuestion, onProgress: (progress: CompareProgress) => void): Promise<Comparison>;
  export(id: string, request: ExportRequest): AsyncIterable<Uint8Array>;
  /** A session file. */
  importSession(file: string): Promise<SessionDocument>;
  /** A trace of a real kernel: a path, or what comes in. */
  importTrace(source: string | AsyncIterable<Uint8Array>, request: TraceRequest): Promise<ImportedTrace>;
  close(): Promise<void>;
}
