// Figures of a run that count events of one type: by name, as `progress.counts` has them. A run fills them while it
// records, and a check of the store computes them again from the stored rows.
import { E } from '../events/catalogue.js';

export const COUNTED_TYPES: { readonly [figure: string]: number } = {
  rootAllocations: E.RootAllocated,
  rootInvalidations: E.RootInvalidated,
  rootsFreed: E.RootFreed,
  resets: E.ContextReset,
  rootLoads: E.RootLoaded,
  rootDrops: E.RootDropped,
  tablesAllocated: E.TableAllocated,
  tlbFlushes: E.TlbFlushed,
  tlbFills: E.TlbFilled,
  faultsFixed: E.FaultFixed,
  faultsRetried: E.FaultRetried,
  faultsSpurious: E.FaultSpurious,
  smis: E.SmmEntered,
  fastZaps: E.FastZapBegun,
  lockContentions: E.LockContended,
  assertions: E.AssertionFired,
};
