// v5.15 (era b, v5.13 .. v5.17): rwlock, RCU, parallel faults, fast invalidation. The last put takes a root off the list and zaps it
// there and then, without a yield; the invalidating task zaps what it invalidated. It extends v5.18 downwards, as of v5.15.30:
// with the bugs that this release had (B3, B6, B7, B8, B9, B21).

import { direct_page_fault_v5_15 } from '../kernel/arch/x86/kvm/mmu/mmu/direct_page_fault@v5.15.js';
import { is_page_fault_stale_v5_12 } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale@v5.12.js';
import { kvm_flush_remote_tlbs_with_address } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_flush_remote_tlbs_with_address.js';
import { kvm_mmu_zap_all_fast_v5_13 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast@v5.13.js';
import { kvm_recover_nx_lpages } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_recover_nx_lpages.js';
import { kvm_zap_gfn_range_v5_15 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range@v5.15.js';
import { make_mmu_pages_available } from '../kernel/arch/x86/kvm/mmu/mmu/make_mmu_pages_available.js';
import { ept_page_fault } from '../kernel/arch/x86/kvm/mmu/paging_tmpl/ept_page_fault.js';
import { handle_removed_pt_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_removed_pt@v5.12.js';
import { kvm_mmu_init_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu.js';
import { kvm_mmu_uninit_tdp_mmu_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v5.13.js';
import { kvm_tdp_mmu_invalidate_all_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots.js';
import { kvm_tdp_mmu_map_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map@v5.12.js';
import { kvm_tdp_mmu_put_root_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@v5.13.js';
import { kvm_tdp_mmu_unmap_gfn_range_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range@v5.13.js';
import { kvm_tdp_mmu_zap_all_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all@v5.13.js';
import { kvm_tdp_mmu_zap_gfn_range } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_gfn_range.js';
import { kvm_tdp_mmu_zap_invalidated_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots.js';
import { tdp_mmu_iter_cond_resched_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_iter_cond_resched@v5.12.js';
import { tdp_mmu_next_root_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root@v5.13.js';
import { tdp_mmu_zap_spte_atomic } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_spte_atomic.js';
import { zap_gfn_range_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/zap_gfn_range@v5.12.js';
import { kvm_mmu_slot_apply_flags } from '../kernel/arch/x86/kvm/x86/kvm_mmu_slot_apply_flags.js';
import { kvm_vcpu_ioctl_set_cpuid2 } from '../kernel/arch/x86/kvm/x86/kvm_vcpu_ioctl_set_cpuid2.js';
import { vcpu_enter_guest } from '../kernel/arch/x86/kvm/x86/vcpu_enter_guest.js';
import { extend } from './protocol.js';
import { v5_18 } from './v5.18.js';

export const v5_15 = extend(v5_18, {
  id: 'v5.15',
  title: 'the last put zaps and frees a root; the invalidating task zaps what it invalidated',
  source: 'b7cccd397f31, 4c6654bd160d (v5.13) as of v5.15.30',
  replace: [
    ept_page_fault,
    kvm_recover_nx_lpages,
    direct_page_fault_v5_15,
    is_page_fault_stale_v5_12,
    kvm_mmu_zap_all_fast_v5_13,
    kvm_zap_gfn_range_v5_15,
    kvm_mmu_init_tdp_mmu,
    kvm_mmu_uninit_tdp_mmu_v5_13,
    kvm_tdp_mmu_put_root_v5_13,
    tdp_mmu_next_root_v5_13,
    kvm_tdp_mmu_invalidate_all_roots,
    kvm_tdp_mmu_zap_invalidated_roots,
    kvm_tdp_mmu_unmap_gfn_range_v5_13,
    kvm_tdp_mmu_zap_all_v5_13,
    kvm_tdp_mmu_map_v5_12,
    handle_removed_pt_v5_12,
    tdp_mmu_iter_cond_resched_v5_12,
    vcpu_enter_guest,
    kvm_vcpu_ioctl_set_cpuid2,
    kvm_mmu_slot_apply_flags,
  ],
  add: [
    make_mmu_pages_available,
    zap_gfn_range_v5_12,
    kvm_tdp_mmu_zap_gfn_range,
    tdp_mmu_zap_spte_atomic,
    kvm_flush_remote_tlbs_with_address,
  ],
  drop: [
    'kvm_tdp_mmu_zap_sp',
    'kvm_mmu_free_obsolete_roots',
    'tdp_mmu_schedule_zap_root',
    'tdp_mmu_zap_root_work',
    'tdp_mmu_zap_root',
    '__tdp_mmu_zap_root',
    'kvm_tdp_mmu_zap_leafs',
    'tdp_mmu_zap_leafs',
    'kvm_mmu_slot_try_split_huge_pages',
    'kvm_tdp_mmu_try_split_huge_pages',
    'tdp_mmu_split_huge_page',
  ],
  constants: {
    // Guest EFER.NX and CR0.WP belong to the role word until v5.18.
    roleBitsFromGuest: 1,
    // 3a0f64de479c, seen in v5.15.30: a walk that begins again after a yield does not advance (B19).
    restartAdvances: 0,
    // 524a1e4e381f (v5.14): a walk over everything goes by the root's own entries, whatever they cover (B2).
    zapsTopLevel: 1,
    // Until 574c3c55e969 (v5.16): the flush for a removed table begins at its last entry (B20).
    flushesFromLastEntry: 1,
  },
  rules: {
    era: 'b',
    resurrects: false,
    validRootsMax: 24,
    words: {
      lastPutOfValidRoot: 'unlinks it, zaps it without a yield, frees it after a grace period',
      lastPutOfInvalidRoot: 'the same: zapped once more',
      invalidation: 'each root, invalid ones too: takes a reference for the zap, marks it; W',
      zapAfterInvalidation:
        'the caller, R, yields: freezes, flushes and clears each entry; then puts the reference',
      rangeZap: 'valid roots: a get of an invalid one fails',
      notifierUnmap: 'valid roots: a get of an invalid one fails (B6)',
      destruction: 'checks that nothing is left; waits for RCU',
    },
  },
});
