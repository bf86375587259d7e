// Stored numbers as the columns that folding reads.
import type { Foldable } from '../../core/run/replay-by-fold.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from '../../core/run/stored-numbers.js';
import { allocateFoldRows, FOLD_COLUMNS } from '../../store/event-rows.js';

export function foldableOf({ length, numbers }: StoredNumbers): Foldable {
  const rows = allocateFoldRows(0, length);
  for (const name of FOLD_COLUMNS) {
    const column = rows[name];
    for (let i = 0, k = ROW_FIELDS.indexOf(name); i < length; i++, k += ROW_NUMBERS) column[i] = numbers[k];
  }
  return rows;
}
