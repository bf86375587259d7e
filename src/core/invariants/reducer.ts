// How anything here looks at a run: handlers by event type, over rows of the event stream, with state that is words.
import type { World } from '../aggregates/world.js';
import type { EventName } from '../events/catalogue.js';

/** Rows of the event stream as invariants read them (machine/batch.ts and stored columns both fit). */
export interface EventRows {
  readonly length: number;
  readonly thread: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly type: ArrayLike<number>;
  /** number * 16 + kind */
  readonly subject: ArrayLike<number>;
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  readonly c: ArrayLike<number>;
}

export type Handler = (w: World, e: EventRows, i: number) => void;
/**
 * Not every row comes: LockAcquired is that of mmu_lock for write, LockReleased that of mmu_lock, and SpteChanged leaves out
 * changes of accessed, dirty and permission bits (see FILTERS in invariant-set.ts).
 */
export type Handlers = { readonly [N in EventName]?: Handler };

/** Gives zeroed words of private state. */
export type Take = (words: number) => Int32Array;
