// Replay by fold: stored events -> state. No kernel code runs; it works for every session for ever.
import { EVOLVE } from '../aggregates/evolve.js';
import type { World } from '../aggregates/world.js';
import { E } from '../events/catalogue.js';

/** What folding needs of stored rows, as columns; whole rows have it too. */
export interface Foldable {
  readonly length: number;
  readonly thread: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  readonly subject: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

/** Not folded at `lifecycle`: the event that ends a wait (LockAcquired) was not kept, so the waiter would never leave. */
const NOT_AT_LIFECYCLE = E.LockContended;

/** Rows from index `from` up to, not including, `to`, in order of position. */
export function foldRows(
  world: World,
  rows: Foldable,
  from: number,
  to: number,
  level: 'full' | 'lifecycle',
): void {
  const skipped = level === 'full' ? -1 : NOT_AT_LIFECYCLE;
  for (let i = from; i < to; i++) {
    const type = rows.type[i];
    if (type === skipped) continue;
    EVOLVE[type](world, rows.thread[i], rows.subject[i] >> 4, rows.a[i], rows.b[i], rows.c[i]);
  }
}
