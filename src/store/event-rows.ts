// Stored events as columns of equal length, the form in which they leave the store and cross threads.
import type { StoredColumns } from '../core/run/contract.js';
import { ROW_NUMBERS, type StoredNumbers } from '../core/run/stored-numbers.js';

/** Stored rows with the position of each: without gaps unless a filter took rows out. */
export interface EventRows extends StoredColumns {
  readonly position: Float64Array;
}

/** What folding needs, and nothing else: rows `from` to `from + length - 1`, without gaps. */
export interface FoldRows {
  readonly from: number;
  readonly length: number;
  readonly thread: Uint8Array;
  readonly type: Uint8Array;
  readonly subject: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
}

export function allocateRows(length: number): EventRows {
  return {
    length,
    position: new Float64Array(length),
    skipped: new Float64Array(length),
    timeNs: new Float64Array(length),
    thread: new Uint8Array(length),
    site: new Uint16Array(length),
    type: new Uint8Array(length),
    subject: new Int32Array(length),
    a: new Int32Array(length),
    b: new Int32Array(length),
    c: new Int32Array(length),
  };
}

export function allocateFoldRows(from: number, length: number): FoldRows {
  return {
    from,
    length,
    thread: new Uint8Array(length),
    type: new Uint8Array(length),
    subject: new Int32Array(length),
    a: new Int32Array(length),
    b: new Int32Array(length),
    c: new Int32Array(length),
  };
}

/** The columns that folding needs. */
export const FOLD_COLUMNS = ['thread', 'type', 'subject', 'a', 'b', 'c'] as const;
const COLUMNS = ['skipped', 'timeNs', 'thread', 'site', 'type', 'subject', 'a', 'b', 'c'] as const;

/** First column whose array is shorter than the length says, or null. */
export function shortColumn(columns: StoredColumns): string | null {
  return COLUMNS.find((name) => columns[name].length < columns.length) ?? null;
}

/** Copies row `i` of `from` to row `k` of `into`. */
export function copyRow(from: StoredColumns, i: number, into: EventRows, k: number, position: number): void {
  into.position[k] = position;
  for (const name of COLUMNS) into[name][k] = from[name][i]!;
}

/** One after the other; the parts keep their order. */
export function concatRows(parts: readonly EventRows[]): EventRows {
  if (parts.length === 1) return parts[0]!;
  const all = allocateRows(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.position.set(part.position, at);
    for (const name of COLUMNS) all[name].set(part[name], at);
    at += part.length;
  }
  return all;
}

export function concatNumbers(parts: readonly StoredNumbers[]): StoredNumbers {
  if (parts.length === 1) return parts[0]!;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const numbers = new Float64Array(length * ROW_NUMBERS);
  let at = 0;
  for (const part of parts) {
    numbers.set(part.numbers, at);
    at += part.numbers.length;
  }
  return { length, numbers };
}

export function concatFoldRows(from: number, parts: readonly FoldRows[]): FoldRows {
  if (parts.length === 1) return parts[0]!;
  const all = allocateFoldRows(
    from,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    for (const name of FOLD_COLUMNS) all[name].set(part[name], at);
    at += part.length;
  }
  return all;
}
