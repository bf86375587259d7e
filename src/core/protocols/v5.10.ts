// v5.10 (era a, and v5.11): mmu_lock is a spinlock, roots have a plain count and are never invalid; whoever gives the last reference
// back frees the root with its tree on the spot; a memslot update empties all roots in place. It extends v5.15 downwards. Its
// constants are the bugs that v5.10 and v5.11 had (reference section 4); B1 was fixed in the first of the stable releases.
// The walks that only look at Accessed and Dirty bits keep v5.12's RCU sections: nothing is freed through RCU here, so they order
// nothing.
import { direct_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/direct_page_fault.js';
import { is_page_fault_stale } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale.js';
import { kvm_faultin_pfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_faultin_pfn.js';
import { kvm_mmu_slot_leaf_clear_dirty } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_leaf_clear_dirty.js';
import { kvm_mmu_slot_remove_write_access } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_remove_write_access.js';
import { kvm_mmu_zap_all_fast } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast.js';
import { kvm_mmu_zap_collapsible_sptes } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_collapsible_sptes.js';
import { kvm_zap_gfn_range } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range.js';
import { mmu_alloc_direct_roots } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots.js';
import { handle_removed_pt } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_removed_pt.js';
import { kvm_mmu_uninit_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu.js';
import { kvm_tdp_mmu_clear_dirty_slot } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_slot.js';
import { kvm_tdp_mmu_free_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_free_root.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa.js';
import { kvm_tdp_mmu_map } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map.js';
import { kvm_tdp_mmu_put_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root.js';
import { kvm_tdp_mmu_unmap_gfn_range } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range.js';
import { kvm_tdp_mmu_wrprot_slot } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_wrprot_slot.js';
import { kvm_tdp_mmu_zap_all } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all.js';
import { kvm_tdp_mmu_zap_collapsible_sptes } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_collapsible_sptes.js';
import { tdp_mmu_iter_cond_resched } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_iter_cond_resched.js';
import { tdp_mmu_next_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root.js';
import { zap_gfn_range } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/zap_gfn_range.js';
import { emulator_leave_smm } from '../kernel/arch/x86/kvm/x86/emulator_leave_smm.js';
import { enter_smm } from '../kernel/arch/x86/kvm/x86/enter_smm.js';
import { kvm_smm_changed } from '../kernel/arch/x86/kvm/x86/kvm_smm_changed.js';
import { kvm_mmu_notifier_invalidate_range_end } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_end.js';
import { kvm_mmu_notifier_invalidate_range_start } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_start.js';
import { extend } from './protocol.js';
import { v5_15 } from './v5.15.js';

export const v5_10 = extend(v5_15, {
  id: 'v5.10',
  title: 'one spinlock, a plain count: the last put frees the root with its tree on the spot',
  source: 'faaf05b00aec and its series (v5.10), a889ea54b3da, as of v5.10.13',
  replace: [
    direct_page_fault,
    is_page_fault_stale,
    kvm_faultin_pfn,
    kvm_mmu_slot_leaf_clear_dirty,
    kvm_mmu_slot_remove_write_access,
    kvm_mmu_zap_all_fast,
    kvm_mmu_zap_collapsible_sptes,
    kvm_zap_gfn_range,
    mmu_alloc_direct_roots,
    kvm_mmu_uninit_tdp_mmu,
    kvm_tdp_mmu_get_vcpu_root_hpa,
    kvm_tdp_mmu_put_root,
    tdp_mmu_next_root,
    zap_gfn_range,
    kvm_tdp_mmu_unmap_gfn_range,
    kvm_tdp_mmu_zap_all,
    kvm_tdp_mmu_map,
    handle_removed_pt,
    tdp_mmu_iter_cond_resched,
    kvm_tdp_mmu_wrprot_slot,
    kvm_tdp_mmu_clear_dirty_slot,
    kvm_tdp_mmu_zap_collapsible_sptes,
    enter_smm,
    emulator_leave_smm,
    kvm_smm_changed,
    kvm_mmu_notifier_invalidate_range_start,
    kvm_mmu_notifier_invalidate_range_end,
  ],
  add: [kvm_tdp_mmu_free_root],
  drop: [
    'fast_page_fault',
    'kvm_tdp_mmu_invalidate_all_roots',
    'kvm_tdp_mmu_zap_invalidated_roots',
    'tdp_mmu_set_spte_atomic',
    'tdp_mmu_link_sp',
    'tdp_mmu_zap_spte_atomic',
  ],
  constants: {
    // a889ea54b3da (5.10.y, v5.11): the put of a walk over roots frees at 0 (B1).
    iteratorPutFrees: 1,
    // Fixed by 524a1e4e381f in v5.14 (B2).
    zapsTopLevel: 0,
    // Fixed by a835429cda91 in v5.12 (B5).
    zapCarriesFlush: 0,
    // Fixed by 3a0f64de479c in v5.16-rc7 (B19).
    restartAdvances: 1,
    // Fixed by ed5e484b79e8 in v5.12 (B23).
    yieldNeedsProgress: 0,
    // Fixed by 048f49809c52 (B4) and 33a3164161fc (B5) in v5.12.
    nxZapFlushes: 0,
    nxZapYields: 1,
    // From v5.13 to v5.15 only (B20).
    flushesFromLastEntry: 0,
  },
  rules: {
    era: 'a',
    words: {
      lastPutOfValidRoot: 'unlinks it, zaps it without a yield, frees it at once',
      lastPutOfInvalidRoot: 'there are none',
      invalidation: 'none: all vCPUs drop all their roots',
      zapAfterInvalidation: 'the caller empties all roots in place, S, yields; they stay in use',
      lookupLock: 'S',
      dropLock: 'S',
      rangeZap: 'all roots',
      notifierUnmap: 'all roots',
      destruction: 'checks that no root is left',
    },
  },
});
