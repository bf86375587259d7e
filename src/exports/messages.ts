// What the export service and an export thread say to each other. The thread pulls rows; the service pulls blocks. So
// whoever reads the export slowly slows down everything before it, and nothing piles up.
import type { SnapshotBytes } from '../core/run/contract.js';
import type { StoredNumbers } from '../core/run/stored-numbers.js';
import type { DecisionLog, StoredMark } from '../store/event-store.port.js';
import type { NameSince, TraceLines } from '../store/imports.port.js';
import type { WireError } from '../store/store.errors.js';
import type { ExportFormat, ExportRange } from './formats.js';
import type { SessionHead } from './session-file/head.js';

/** Where it stands in a file of several sessions. */
export interface ExportPart {
  readonly index: number;
  readonly of: number;
  /** Event that is zero in all of them; null: each begins at its own beginning. */
  readonly origin: string | null;
  /** Its own time of zero, and what is added to its times. */
  readonly zeroNs: number;
  readonly shiftNs: number;
}

export interface ExportOrder {
  readonly format: ExportFormat;
  readonly sessionId: string;
  readonly head: SessionHead;
  readonly range: ExportRange;
  readonly part: ExportPart;
  readonly names: readonly NameSince[];
  /** Of a session file only. */
  readonly decisions: DecisionLog | null;
  readonly marks: readonly StoredMark[];
  /** Of an imported session: what the import came to, as JSON. */
  readonly trace: string | null;
  readonly snapshots: boolean;
  readonly threads: readonly string[] | null;
  /** Rows of a page; only the last one is shorter. */
  readonly pageRows: number;
}

export type Wanted =
  | { readonly what: 'rows'; readonly from: number; readonly to: number }
  /** The last snapshot at or before the position. */
  | { readonly what: 'snapshot'; readonly atOrBefore: number }
  /** Lines of its trace: chunks from this number on. */
  | { readonly what: 'traceLines'; readonly from: number; readonly limit: number };

export type Given = StoredNumbers | SnapshotBytes | readonly TraceLines[] | null;

/** An error in words that both sides know. */
export type Failure =
  | {
      readonly badInput: {
        readonly code: string;
        readonly message: string;
        readonly expected: readonly string[];
      };
    }
  | { readonly store: WireError };

export type ToExport =
  | { readonly kind: 'order'; readonly order: ExportOrder }
  | { readonly kind: 'given'; readonly given: Given }
  | { readonly kind: 'next' };

export type FromExport =
  | { readonly kind: 'wanted'; readonly wanted: Wanted }
  | { readonly kind: 'block'; readonly block: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly failure: Failure };
