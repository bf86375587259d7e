// Single releases between the eras, each with the bugs that it had (reference section 4): what `v5.10` and `v5.15` are as of a
// stable release, these are as of their first day. A bug that is a constant of a procedure is switched here; each line cites the
// commit that ended it.
import { direct_page_fault_v5_12 } from '../kernel/arch/x86/kvm/mmu/mmu/direct_page_fault@v5.12.js';
import { is_page_fault_stale_v5_12 } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale@v5.12.js';
import { is_page_fault_stale_v5_16 } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale@v5.16.js';
import { ept_page_fault_v5_16 } from '../kernel/arch/x86/kvm/mmu/paging_tmpl/ept_page_fault@v5.16.js';
import { handle_removed_pt_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_removed_pt@v5.12.js';
import { kvm_mmu_uninit_tdp_mmu_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v5.13.js';
import { kvm_tdp_mmu_map_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map@v5.12.js';
import { kvm_tdp_mmu_unmap_gfn_range_v5_16 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range@v5.16.js';
import { tdp_mmu_link_sp } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_link_sp.js';
import { tdp_mmu_set_spte_atomic } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_set_spte_atomic.js';
import { tdp_mmu_zap_spte_atomic } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_spte_atomic.js';
import { extend } from './protocol.js';
import { v5_10 } from './v5.10.js';
import { v5_15 } from './v5.15.js';

export const v5_10_0 = extend(v5_10, {
  id: 'v5.10.0',
  title: 'v5.10 on its first day: the last put of a walk leaks the root (B1)',
  source: 'before a889ea54b3da (5.10.y, v5.11)',
  replace: [],
  constants: { iteratorPutFrees: 0 },
});

/** The hybrid: roots as in v5.10, but faults run side by side and child tables are freed through RCU. */
export const v5_12 = extend(v5_10, {
  id: 'v5.12',
  title: 'rwlock, parallel faults and RCU-freed tables; roots still as in v5.10',
  source: '531810caa9f4, a2855afc7ee8, 7cca2d0b7e7d, 08f07c800e9d (v5.12)',
  // Left out: the RCU sections of walks under mmu_lock held for write, where nobody can be freeing.
  replace: [
    direct_page_fault_v5_12,
    is_page_fault_stale_v5_12,
    kvm_tdp_mmu_map_v5_12,
    handle_removed_pt_v5_12,
    kvm_mmu_uninit_tdp_mmu_v5_13,
  ],
  add: [tdp_mmu_link_sp, tdp_mmu_set_spte_atomic, tdp_mmu_zap_spte_atomic],
  constants: {
    // 048f49809c52 (B4), 33a3164161fc, a835429cda91 (B5), ed5e484b79e8 (B23).
    nxZapFlushes: 1,
    nxZapYields: 0,
    zapCarriesFlush: 1,
    yieldNeedsProgress: 1,
  },
  rules: {
    words: {
      lookupLock: 'W',
      dropLock: 'W',
      zapAfterInvalidation: 'the caller empties all roots in place, W, yields; they stay in use',
      destruction: 'checks that nothing is left; waits for RCU',
    },
  },
});

/** Parallel faults without the commit that made a fault freeze a large leaf before it flushes: never released. */
export const v5_12_before_freezing = extend(v5_12, {
  id: 'v5.12-before-08f07c800e9d',
  title: 'v5.12 while it was made: a large leaf in the way is cleared first and flushed afterwards (B27)',
  source: 'between a2855afc7ee8 and 08f07c800e9d',
  replace: [],
  constants: { freezesLargeLeaf: 0 },
});

export const v5_13 = extend(v5_15, {
  id: 'v5.13',
  title: "v5.15's rules, and a zap of everything that goes by the host's address width (B2)",
  source: 'before 524a1e4e381f (v5.14), 3a0f64de479c (v5.16-rc7)',
  replace: [],
  constants: { zapsTopLevel: 0, restartAdvances: 1 },
});

export const v5_15_0 = extend(v5_15, {
  id: 'v5.15.0',
  title: 'v5.15 on its first day: a walk that yields may skip an entry (B19)',
  source: 'before 3a0f64de479c (v5.16-rc7, seen in 5.15.30)',
  replace: [],
  constants: { restartAdvances: 1 },
});

export const v5_16 = extend(v5_15, {
  id: 'v5.16',
  title: 'as v5.15, but a fault looks at its root again, and the notifier walks with references',
  source: 'a955cad84cda (B9), 7533377215b6 (B7), 3a0f64de479c (B19), 574c3c55e969 (B20) (v5.16)',
  replace: [is_page_fault_stale_v5_16, ept_page_fault_v5_16, kvm_tdp_mmu_unmap_gfn_range_v5_16],
  // 574c3c55e969 (B20).
  constants: { flushesFromLastEntry: 0 },
});
