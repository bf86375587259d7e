// v6.9 (era g): a vCPU looks its root up, makes it and drops it under mmu_lock held for read (f5238c2a60f1, dab285e4ec73,
// 576a15de8d29); invalidated roots are zapped in steps of one SPTE (8ca983631f3c); range zaps and write protection skip invalid
// roots (99b85fda91b1, d746182337c2) and what is zapped in them asks for no flush (fcdffe97f80e). The puts without `shared`
// are v6.8's (5f3c8c9187b6, 484dd27c0602, 250ce1b4d21a).
import { kvm_mmu_free_roots_v6_9 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_roots@v6.9.js';
import { mmu_alloc_direct_roots_v6_9 } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots@v6.9.js';
import { mmu_free_root_page_v6_9 } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_free_root_page@v6.9.js';
import { kvm_tdp_mmu_alloc_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_alloc_root.js';
import { kvm_tdp_mmu_clear_dirty_pt_masked_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_pt_masked@v6.9.js';
import { kvm_tdp_mmu_put_root_v6_8 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@v6.8.js';
import { kvm_tdp_mmu_unmap_gfn_range_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range@v6.9.js';
import { kvm_tdp_mmu_write_protect_gfn_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_write_protect_gfn@v6.9.js';
import { kvm_tdp_mmu_zap_leafs_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_leafs@v6.9.js';
import { tdp_mmu_zap_leafs_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_leafs@v6.9.js';
import { tdp_mmu_zap_root_v6_9 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_root@v6.9.js';
import { extend } from './protocol.js';
import { v6_6 } from './v6.6.js';

export const v6_9 = extend(v6_6, {
  id: 'v6.9',
  title: 'roots are looked up, made and dropped under mmu_lock held for read',
  source: '8ca983631f3c ... 576a15de8d29 (v6.9)',
  replace: [
    mmu_alloc_direct_roots_v6_9,
    kvm_mmu_free_roots_v6_9,
    mmu_free_root_page_v6_9,
    kvm_tdp_mmu_put_root_v6_8,
    tdp_mmu_zap_root_v6_9,
    tdp_mmu_zap_leafs_v6_9,
    kvm_tdp_mmu_zap_leafs_v6_9,
    kvm_tdp_mmu_unmap_gfn_range_v6_9,
    kvm_tdp_mmu_clear_dirty_pt_masked_v6_9,
    kvm_tdp_mmu_write_protect_gfn_v6_9,
  ],
  add: [kvm_tdp_mmu_alloc_root],
  drop: ['kvm_tdp_mmu_get_vcpu_root_hpa'],
  rules: {
    era: 'g',
    notifierRange: 'hva',
    words: {
      zapAfterInvalidation:
        "the caller, R, yields at every SPTE of four passes (4K, 2M, 1G, root); puts the TDP MMU's own reference, then the iterator's",
      lookupLock: 'R; P to make one, after a second look',
      dropLock: 'R',
      rangeZap: 'valid roots; only what goes in those asks for a flush',
    },
  },
});
