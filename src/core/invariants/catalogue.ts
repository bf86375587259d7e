// Every invariant, in order of number.
import { i01RefcountExact } from './i01-refcount-exact.js';
import { i02NoRcUnderflow } from './i02-no-rc-underflow.js';
import { i03NoUafRoot } from './i03-no-uaf-root.js';
import { i04NoUafTable } from './i04-no-uaf-table.js';
import { i05RcuFree } from './i05-rcu-free.js';
import { i06ListWriteLocked } from './i06-list-write-locked.js';
import { i07UniqueValidRole } from './i07-unique-valid-role.js';
import { i08InvalidMonotone } from './i08-invalid-monotone.js';
import { i09InvalidateExclusive } from './i09-invalidate-exclusive.js';
import { i10NoValidLastPut } from './i10-no-valid-last-put.js';
import { i11NoZeroRcForWriter } from './i11-no-zero-rc-for-writer.js';
import { i12ReadersSkipInvalid } from './i12-readers-skip-invalid.js';
import { i13ZapRootReachable } from './i13-zap-root-reachable.js';
import { i14ZapBeforeFree } from './i14-zap-before-free.js';
import { i15FastZapComplete } from './i15-fast-zap-complete.js';
import { i16NoStaleSlotSpte } from './i16-no-stale-slot-spte.js';
import { i17UnmapComplete } from './i17-unmap-complete.js';
import { i18NoInstallInInvalid } from './i18-no-install-in-invalid.js';
import { i19NoStaleInstall } from './i19-no-stale-install.js';
import { i20EntryRootFresh } from './i20-entry-root-fresh.js';
import { i21EntryRootRole } from './i21-entry-root-role.js';
import { i22FlushBeforeReuse } from './i22-flush-before-reuse.js';
import { i23FlushOnLoad } from './i23-flush-on-load.js';
import { i24FrozenOwner } from './i24-frozen-owner.js';
import { i25NoLeafPfnSwap } from './i25-no-leaf-pfn-swap.js';
import { i26NoSpteUseAfterYield } from './i26-no-spte-use-after-yield.js';
import { i27ForwardProgress } from './i27-forward-progress.js';
import { i28YieldNeedsRef } from './i28-yield-needs-ref.js';
import { i29LockMode } from './i29-lock-mode.js';
import { i30NoLeak } from './i30-no-leak.js';
import { i31WorkSingle } from './i31-work-single.js';
import { i32WorkBeforeVmFree } from './i32-work-before-vm-free.js';
import { i33FlagOnce } from './i33-flag-once.js';
import { i34ReqWithInvalidate } from './i34-req-with-invalidate.js';
import { i35SlotLookupAs } from './i35-slot-lookup-as.js';
import { i36BoundedRoots } from './i36-bounded-roots.js';
import { i37RootChurn } from './i37-root-churn.js';
import { i38NoLivelock } from './i38-no-livelock.js';
import { i39ShadowRootFresh } from './i39-shadow-root-fresh.js';
import type { Invariant } from './invariant.js';

export const INVARIANTS: readonly Invariant[] = [
  i01RefcountExact,
  i02NoRcUnderflow,
  i03NoUafRoot,
  i04NoUafTable,
  i05RcuFree,
  i06ListWriteLocked,
  i07UniqueValidRole,
  i08InvalidMonotone,
  i09InvalidateExclusive,
  i10NoValidLastPut,
  i11NoZeroRcForWriter,
  i12ReadersSkipInvalid,
  i13ZapRootReachable,
  i14ZapBeforeFree,
  i15FastZapComplete,
  i16NoStaleSlotSpte,
  i17UnmapComplete,
  i18NoInstallInInvalid,
  i19NoStaleInstall,
  i20EntryRootFresh,
  i21EntryRootRole,
  i22FlushBeforeReuse,
  i23FlushOnLoad,
  i24FrozenOwner,
  i25NoLeafPfnSwap,
  i26NoSpteUseAfterYield,
  i27ForwardProgress,
  i28YieldNeedsRef,
  i29LockMode,
  i30NoLeak,
  i31WorkSingle,
  i32WorkBeforeVmFree,
  i33FlagOnce,
  i34ReqWithInvalidate,
  i35SlotLookupAs,
  i36BoundedRoots,
  i37RootChurn,
  i38NoLivelock,
  i39ShadowRootFresh,
];

/** By the number that a Finding event carries. */
export function findInvariant(number: number): Invariant | undefined {
  return INVARIANTS.find((x) => x.number === number);
}
