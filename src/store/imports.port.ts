// Bringing a whole session in from outside, part by part. Until the last step no reader sees anything of it: it is in no
// list, has no id that can be asked for, and after a crash or a refusal its rows are removed like those of a deleted
// session. All or nothing, without one huge transaction.
import type { DictionaryEntry, Manifest, RunProgress, StoredColumns } from '../core/run/contract.js';
import type { ChunkTimeline } from './channel/chunk-timeline.js';
import type { PackedSnapshot } from './channel/prepared-chunk.js';
import type { SessionKind, SessionLabel, SessionRecord, SessionState } from './session.js';
import type { StoredMark } from './stored-mark.js';

/** A name with the position at which the session began to use it. */
export interface NameSince {
  readonly entry: DictionaryEntry;
  readonly since: number;
}

export interface ImportedSession {
  readonly kind: SessionKind;
  /** Never one of those that a runner takes up by itself. */
  readonly state: Extract<SessionState, 'paused' | 'finished' | 'failed' | 'cancelled'>;
  readonly reason: string | null;
  readonly manifest: Manifest;
  readonly createdAt: string;
}

/** Decisions that led from the end of `fromPosition` to the end of `toPosition`. */
export interface ImportedDecisions {
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly decisions: Uint8Array;
}

/** Decoded lines of an imported trace (core/imports/event-codec.ts), packed. */
export interface TraceLines {
  /** Of chunks, from 1, without gaps. */
  readonly number: number;
  readonly fromLine: number;
  readonly toLine: number;
  /** Events of the session in front of its first line. */
  readonly afterPosition: number;
  readonly lines: number;
  /** Bytes before compression. */
  readonly size: number;
  /** Raw deflate. */
  readonly deflated: Uint8Array;
}

/** One transaction's worth. */
export interface ImportPart {
  /** Go on where the part before ended; at most maxChunkRows. */
  readonly rows: {
    readonly from: number;
    readonly columns: StoredColumns;
    readonly timeline: ChunkTimeline | null;
  } | null;
  readonly names: readonly NameSince[];
  readonly decisions: readonly ImportedDecisions[];
  /** Outside inputs. */
  readonly marks: readonly StoredMark[];
  readonly snapshots: readonly PackedSnapshot[];
  /** Of an imported trace. */
  readonly traceLines?: readonly TraceLines[];
  /** What the import of a trace came to, as JSON; once. */
  readonly traceSummary?: string;
}

export const EMPTY_PART: ImportPart = { rows: null, names: [], decisions: [], marks: [], snapshots: [] };

export interface SessionImports {
  /** Every name of the session with the position since which it is used; threads first, by id. */
  namesSince(sessionId: string): Promise<NameSince[]>;

  /** The id that the session will have. It names no session yet. */
  beginImport(session: ImportedSession): Promise<string>;
  importPart(importId: string, part: ImportPart): Promise<void>;
  /** The session appears, with everything at once. `progress` must be of the position at which the rows end. */
  finishImport(importId: string, progress: RunProgress | null, label: SessionLabel): Promise<SessionRecord>;
  /** Nothing of it stays. An import that is not there (any more) is fine. */
  abandonImport(importId: string): Promise<void>;
}
