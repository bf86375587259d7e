// The port of the event store: what the rest of Rootline may ask of it. No word about how it is kept.
//
// A session is a gapless list of events at positions 1, 2, 3 ... with the decisions that caused them. A chunk is
// appended as a whole or not at all, and only where the session ends. Nothing is announced before it is committed.
// Every read goes through segments, so that a fork shares its parent's rows instead of copying them.
import type { MessagePort } from 'node:worker_threads';
import type { Observable } from 'rxjs';
import type { TimelineLevel } from '../core/projections/timeline.js';
import type {
  DictionaryEntry,
  Manifest,
  RunChunk,
  RunProgress,
  SnapshotBytes,
} from '../core/run/contract.js';
import type { StoredNumbers } from '../core/run/stored-numbers.js';
import type { EventRows, FoldRows } from './event-rows.js';
import type { SessionImports, TraceLines } from './imports.port.js';
import type {
  ForkPoint,
  SessionKind,
  SessionLabel,
  SessionRecord,
  SessionState,
  SessionSummary,
  StoredSession,
} from './session.js';
import type { StoreLimits } from './store.limits.js';
import type { StoredMark } from './stored-mark.js';

export type { StoredMark } from './stored-mark.js';

export interface SessionExtra {
  /** Default: `queued`. */
  readonly state?: SessionState;
  /** Shares the parent's events, decisions, names and snapshots up to a position. Its own rows begin after it. */
  readonly parent?: ForkPoint;
  readonly name?: string;
  /** The same key with the same fingerprint gives the session that was made the first time. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string };
}

/** What one append committed; `toPosition` = `fromPosition - 1` for a chunk without rows. */
export interface Committed {
  readonly fromPosition: number;
  readonly toPosition: number;
}

/**
 * Told after a commit. Notices of one session may be merged when the reader is slow, never lost: positions join up.
 * A creation and a mere change of state have `toPosition` = `fromPosition - 1`. Rows are read from the store, not from here.
 */
export interface CommitNotice extends Committed {
  readonly sessionId: string;
  readonly state: SessionState;
  readonly progress: RunProgress | null;
}

export interface StateChange {
  /** Refuse (`state_conflict`) unless the session is in one of these. */
  readonly from?: readonly SessionState[];
  readonly reason?: string;
}

export interface RowFilters {
  /** Event codes. */
  readonly types?: readonly number[];
  /** Thread id of the session's dictionary. */
  readonly thread?: number;
  /** number * 16 + kind. */
  readonly subject?: number;
  /** A function's name; every site in it. */
  readonly function?: string;
}

export interface RowQuery {
  /** First and last position, both included. */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  /** `backward` gives the highest positions first. */
  readonly direction?: 'forward' | 'backward';
  readonly filters?: RowFilters;
}

export interface RowPage {
  readonly rows: EventRows;
  /** Where to go on (`from`, or `to` when backward); null when the range is through. A page may be short or empty. */
  readonly next: number | null;
}

/** Rows without gaps, as the plain numbers that are stored. */
export interface NumbersPage {
  readonly rows: StoredNumbers;
  readonly next: number | null;
}

export interface FoldPage {
  readonly rows: FoldRows;
  readonly next: number | null;
}

export const FEED_ENCODINGS = ['objects', 'compact'] as const;
export type FeedEncoding = (typeof FEED_ENCODINGS)[number];

export interface FrameRequest {
  /** Both included; `to` must be committed already. */
  readonly from: number;
  readonly to: number;
  /** Events in the message. */
  readonly limit: number;
  readonly encoding: FeedEncoding;
  readonly filters?: RowFilters;
}

export interface EncodedFrame {
  readonly bytes: Uint8Array;
  readonly from: number;
  /** Everything that was asked for is in this message up to here; smaller than asked for when the limit was reached. */
  readonly to: number;
  readonly events: number;
  /** How many names the session's dictionary had: at least those that the events use. */
  readonly names: number;
}

export interface DecisionChunk {
  /** The chunk's decisions led from the end of `fromPosition` to the end of `toPosition`. */
  readonly fromPosition: number;
  readonly toPosition: number;
  /** Smaller than `toPosition` where a fork left its parent inside this chunk: what follows is the parent's alone. */
  readonly validTo: number;
  readonly offset: number;
  readonly length: number;
}

/** The decision log: the bytes of all chunks, one after the other. */
export interface DecisionLog {
  readonly bytes: Uint8Array;
  readonly chunks: readonly DecisionChunk[];
}

export interface SessionListQuery {
  /** Id of the last session of the page before; newest first. */
  readonly cursor?: string;
  readonly limit: number;
  readonly states?: readonly SessionState[];
  readonly kinds?: readonly SessionKind[];
  readonly scenario?: string;
  readonly protocol?: string;
  /** Forks of this session only; it may be gone. */
  readonly parent?: string;
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  readonly nextCursor: string | null;
}

/** The packed timeline buckets of one stored chunk. */
export interface StoredTimeline {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Reads of one store on the calling thread, synchronous: for worker threads that fold or replay. */
export interface EventReader {
  session(sessionId: string): StoredSession;
  rows(sessionId: string, query: RowQuery): RowPage;
  fold(sessionId: string, from: number, limit: number, to?: number): FoldPage;
  numbers(sessionId: string, from: number, limit: number, to?: number): NumbersPage;
  /** The last position before the first event that is later than this; the end when none is. */
  positionAtTime(sessionId: string, timeNs: number): number;
  /**
   * Stored timelines that have a row in [from, to] and lie wholly within the session, in order. A cache: there may be
   * gaps, whose rows have to be read.
   */
  timeline(sessionId: string, level: TimelineLevel, from: number, to: number): StoredTimeline[];
  /** The stored Finding events, the first maxPageRows of them. */
  findings(sessionId: string): EventRows;
  dictionary(sessionId: string): DictionaryEntry[];
  decisions(sessionId: string): DecisionLog;
  /** Outside inputs (commands, rests), in order; none for a session that nobody touched. */
  marks(sessionId: string): StoredMark[];
  /** The last snapshot at or before the position, unpacked; only of this layout where one is named. */
  latestSnapshot(sessionId: string, atOrBefore: number, layout?: string): SnapshotBytes | null;
  /** What the import of a trace came to, as JSON; null: the session is no imported trace. */
  traceSummary(sessionId: string): string | null;
  /** Decoded lines of an imported trace, packed: chunks from this number on. */
  traceLines(sessionId: string, from: number, limit: number): TraceLines[];
  close(): void;
}

/** How other threads read this store; one in memory is read where it is. */
export type ReaderSource =
  | {
      readonly kind: 'files';
      readonly dataDir: string;
      readonly limits: StoreLimits;
      /** Memory of SnapshotFigures: what the threads count. */
      readonly snapshots: SharedArrayBuffer;
    }
  | { readonly kind: 'here'; readonly reader: EventReader };

export interface EventStore extends SessionImports {
  readonly limits: StoreLimits;
  readonly readerSource: ReaderSource;
  /** Committed positions, after the commit. Keeps nothing for late subscribers. */
  readonly committed$: Observable<CommitNotice>;
  /** Ids of sessions, after their deletion was committed. */
  readonly deleted$: Observable<string>;

  createSession(manifest: Manifest, kind: SessionKind, extra?: SessionExtra): Promise<SessionRecord>;
  getSession(sessionId: string): Promise<SessionRecord>;
  listSessions(query: SessionListQuery): Promise<SessionPage>;
  /** A sealed session (finished, failed, cancelled) keeps its state. */
  setState(sessionId: string, state: SessionState, change?: StateChange): Promise<SessionRecord>;
  /** What people add; null clears, undefined leaves. */
  annotate(sessionId: string, label: Partial<SessionLabel>): Promise<SessionRecord>;
  /** The session is gone when this resolves; its rows are removed in the background, in bounded steps. */
  deleteSession(sessionId: string): Promise<void>;
  /** Resolves when no removal is under way. */
  deletionsDone(): Promise<void>;

  /**
   * Resolves after the commit. Refuses a chunk that does not begin where the session ends (`position_conflict`).
   * The chunk that carries an outcome also seals the session (`finished`, or `failed`) in the same transaction.
   * The chunk's buffers may be gone afterwards (transferred).
   */
  append(sessionId: string, chunk: RunChunk): Promise<Committed>;
  /** A port to hand to a worker thread, which wraps it in a ChunkChannel and appends without this thread. */
  openChannel(sessionId: string): Promise<MessagePort>;

  readRows(sessionId: string, query: RowQuery): Promise<RowPage>;
  readFold(sessionId: string, from: number, limit: number, to?: number): Promise<FoldPage>;
  readNumbers(sessionId: string, from: number, limit: number, to?: number): Promise<NumbersPage>;
  /** One JSON object a line (see readable-rows.ts), as UTF-8 blocks, produced off this thread and only when pulled. */
  streamNdjson(sessionId: string, query: Omit<RowQuery, 'limit'>): AsyncIterable<Uint8Array>;
  /** Rows of a range as one message of the live feed (see feed-frames.ts), made off this thread. */
  readFrame(sessionId: string, request: FrameRequest): Promise<EncodedFrame>;
  findings(sessionId: string): Promise<EventRows>;
  dictionary(sessionId: string): Promise<DictionaryEntry[]>;
  decisions(sessionId: string): Promise<DecisionLog>;
  marks(sessionId: string): Promise<StoredMark[]>;
  latestSnapshot(sessionId: string, atOrBefore: number, layout?: string): Promise<SnapshotBytes | null>;
  traceSummary(sessionId: string): Promise<string | null>;
  traceLines(sessionId: string, from: number, limit: number): Promise<TraceLines[]>;

  /** False while only changes of state can be stored: the disk is full. */
  hasRoom(): Promise<boolean>;

  /** Finishes what was accepted, then closes. Safe to call twice. */
  close(): Promise<void>;
}
