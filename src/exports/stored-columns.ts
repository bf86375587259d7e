// Rows as the store keeps them -> columns. A number that does not fit its column was not written by a run: the export
// says so instead of cutting it down to one that fits.
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from '../core/run/stored-numbers.js';
import { allocateRows, type EventRows } from '../store/event-rows.js';
import { StoreError } from '../store/store.errors.js';

export function columnsOf(sessionId: string, from: number, { length, numbers }: StoredNumbers): EventRows {
  const rows = allocateRows(length);
  for (let i = 0; i < length; i++) rows.position[i] = from + i;
  for (const [k, field] of ROW_FIELDS.entries()) {
    const column = rows[field];
    for (let i = 0, at = k; i < length; i++, at += ROW_NUMBERS) {
      const value = numbers[at]!;
      column[i] = value;
      if (column[i] !== value) throw damagedRow(sessionId, from + i, field, value);
    }
  }
  return rows;
}

function damagedRow(sessionId: string, position: number, field: string, value: number): StoreError {
  const what = `session ${sessionId}, position ${position}: ${field} is ${value}, which no run writes`;
  return new StoreError('database_damaged', `the store is damaged: ${what}`, { file: 'events.sqlite', what });
}
