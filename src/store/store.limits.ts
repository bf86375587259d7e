// The limits of a store, by name. A caller that meets one gets `limit_exceeded` with the name and both numbers.
import { limitExceeded, queryRefused } from './store.errors.js';

export interface StoreLimits {
  /** Bytes that one session's rows, decisions and snapshots may take (upper bound, see ROW_BYTES_BOUND). */
  readonly maxSessionBytes: number;
  /** Sessions in one store, deleted ones not counted. */
  readonly maxSessions: number;
  /** Rows in one chunk: one transaction. */
  readonly maxChunkRows: number;
  /** Rows in one page of a read. */
  readonly maxPageRows: number;
  /** Rows that one filtered page looks at before it answers with what it has and where to go on. */
  readonly maxScanRows: number;
  /** Bytes of one snapshot before compression. */
  readonly maxSnapshotBytes: number;
  /** Characters of a session's name and of its note. */
  readonly maxNameChars: number;
  readonly maxNoteChars: number;
  /** Notes and bookmarks at positions of one session. */
  readonly maxNotesPerSession: number;
}

export const DEFAULT_LIMITS: StoreLimits = {
  maxSessionBytes: 16 * 1024 ** 3,
  maxSessions: 100_000,
  maxChunkRows: 65_536,
  maxPageRows: 65_536,
  maxScanRows: 1_000_000,
  maxSnapshotBytes: 256 * 1024 ** 2,
  maxNameChars: 200,
  maxNoteChars: 20_000,
  maxNotesPerSession: 10_000,
};

/** What one stored event can take at most, index entry included; the usual figure is 40. */
export const ROW_BYTES_BOUND = 72;

export function withLimits(limits: Partial<StoreLimits> = {}): StoreLimits {
  return { ...DEFAULT_LIMITS, ...limits };
}

export function checkPageLimit(limit: number, limits: StoreLimits): void {
  if (!Number.isInteger(limit) || limit < 1) throw queryRefused(`limit ${limit}`, 'a whole number from 1');
  if (limit > limits.maxPageRows)
    throw limitExceeded('maxPageRows', limits.maxPageRows, limit, 'rows in one page');
}

export function checkText(
  name: 'maxNameChars' | 'maxNoteChars',
  text: string | null,
  limits: StoreLimits,
): void {
  const chars = text?.length ?? 0;
  if (chars > limits[name]) throw limitExceeded(name, limits[name], chars, 'characters');
}
