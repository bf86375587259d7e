// Folds stored rows into a world; no kernel code runs.
import { EVOLVE } from '../../core/aggregates/evolve.js';
import type { World } from '../../core/aggregates/world.js';
import { LIFECYCLE_FOLD_SKIPS } from '../../core/run/replay-by-fold.js';
import type { FoldRows } from '../../store/event-rows.js';

/** What folding needs of stored rows; whole rows have it too. */
export type Foldable = Omit<FoldRows, 'from'>;

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
