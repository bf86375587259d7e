// Stored rows as they are in the store: plain numbers, one row after the other. Typed columns would cut a value that
// does not fit its column down to one that does; what compares rows must see what is stored.
import type { StoredColumns } from './contract.js';

/** The numbers of one row, in this order. */
export const ROW_FIELDS = [
  'thread',
  'type',
  'site',
  'timeNs',
  'skipped',
  'subject',
  'a',
  'b',
  'c',
] as const satisfies readonly (keyof StoredColumns)[];
export const ROW_NUMBERS = ROW_FIELDS.length;

export interface StoredNumbers {
  /** Rows. */
  readonly length: number;
  /** `length` * ROW_NUMBERS numbers. */
  readonly numbers: Float64Array;
}

export function numbersOf(columns: StoredColumns): StoredNumbers {
  const { length } = columns;
  const numbers = new Float64Array(length * ROW_NUMBERS);
  for (const [k, field] of ROW_FIELDS.entries()) {
    const column = columns[field];
    for (let i = 0; i < length; i++) numbers[i * ROW_NUMBERS + k] = column[i];
  }
  return { length, numbers };
}
