// Folds stored rows into a world; no kernel code runs.
import { EVOLVE } from '../../core/aggregates/evolve.js';
import type { World } from '../../core/aggregates/world.js';
import { LIFECYCLE_FOLD_SKIPS } from '../../core/run/replay-by-fold.js';
import { ROW_FIELDS, ROW_NUMBERS, type StoredNumbers } from '../../core/run/stored-numbers.js';
import { allocateFoldRows, FOLD_COLUMNS, type FoldRows } from '../../store/event-rows.js';

/** What folding needs of stored rows; whole rows have it too. */
export type Foldable = Omit<FoldRows, 'from'>;

export function foldableOf({ length, numbers }: StoredNumbers): Foldable {
  const rows = allocateFoldRows(0, length);
  for (const name of FOLD_COLUMNS) {
    const column = rows[name];
    for (let i = 0, k = ROW_FIELDS.indexOf(name); i < length; i++, k += ROW_NUMBERS) column[i] = numbers[k];
  }
  return rows;
}

/** Rows from index `from` up to, not including, `to`. */
export function foldRows(
  world: World,
  rows: Foldable,
  from: number,
  to: number,
  level: 'full' | 'lifecycle',
): void {
  const skips = level === 'full' ? null : LIFECYCLE_FOLD_SKIPS;
  for (let i = from; i < to; i++) {
    const type = rows.type[i];
    if (skips?.has(type) === true) continue;
    EVOLVE[type](world, rows.thread[i], rows.subject[i] >> 4, rows.a[i], rows.b[i], rows.c[i]);
  }
}
