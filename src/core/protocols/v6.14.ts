// v6.14 (era h): roots have types (de86ef7bf50f). A VM with external page tables (TDX; constant mirroredTdp 1) has mirror roots
// beside the direct ones (6961ab0bae52, fabaa7650148): loaded once, not invalidated by a memslot update (a89ecbb56bc7), not zapped
// with the process's memory (df4af9f89cd8), torn down exclusively at the VM's end (35be969d1ef2). Aging takes no lock.
// What v6.12 and v6.13 brought is in it, too: a deleted slot costs all roots only with the quirk SLOT_ZAP_ALL (aa8d1f48d353);
// KVM_PRE_FAULT_MEMORY (v6.11).
import { kvm_faultin_pfn_v6_14 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_faultin_pfn@v6.14.js';
import { kvm_mmu_zap_all_fast_v6_14 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast@v6.14.js';
import { kvm_mmu_zap_memslot } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_memslot.js';
import { kvm_unmap_gfn_range_v6_14 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_unmap_gfn_range@v6.14.js';
import { mmu_alloc_direct_roots_v6_14 } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots@v6.14.js';
import { kvm_mmu_uninit_tdp_mmu_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v6.14.js';
import { kvm_tdp_mmu_age_gfn_range_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_age_gfn_range@v6.14.js';
import { kvm_tdp_mmu_alloc_root_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_alloc_root@v6.14.js';
import { kvm_tdp_mmu_invalidate_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_roots.js';
import { kvm_tdp_mmu_map_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map@v6.14.js';
import { kvm_tdp_mmu_test_age_gfn_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_test_age_gfn@v6.14.js';
import { kvm_tdp_mmu_unmap_gfn_range_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range@v6.14.js';
import { kvm_tdp_mmu_zap_all_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all@v6.14.js';
import { kvm_tdp_mmu_zap_invalidated_roots_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots@v6.14.js';
import { set_external_spte_present } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/set_external_spte_present.js';
import { tdp_mmu_link_sp_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_link_sp@v6.14.js';
import { tdp_mmu_next_root_v6_14 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root@v6.14.js';
import { kvm_arch_flush_shadow_memslot_v6_12 } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_memslot@v6.12.js';
import { kvm_arch_vcpu_destroy_v6_14 } from '../kernel/arch/x86/kvm/x86/kvm_arch_vcpu_destroy@v6.14.js';
import { kvm_mmu_notifier_clear_flush_young_v6_14 } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_clear_flush_young@v6.14.js';
import { kvm_mmu_notifier_test_young_v6_14 } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_test_young@v6.14.js';
import { kvm_vcpu_pre_fault_memory_v6_11 } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_pre_fault_memory@v6.11.js';
import { extend } from './protocol.js';
import { v6_9 } from './v6.9.js';

export const v6_14 = extend(v6_9, {
  id: 'v6.14',
  title: 'roots have types: direct, and mirrors of external page tables',
  source: '35be969d1ef2 ... df4af9f89cd8 (v6.14)',
  replace: [
    tdp_mmu_next_root_v6_14,
    kvm_tdp_mmu_alloc_root_v6_14,
    mmu_alloc_direct_roots_v6_14,
    kvm_arch_vcpu_destroy_v6_14,
    kvm_mmu_zap_all_fast_v6_14,
    kvm_tdp_mmu_zap_invalidated_roots_v6_14,
    kvm_mmu_uninit_tdp_mmu_v6_14,
    kvm_tdp_mmu_zap_all_v6_14,
    kvm_unmap_gfn_range_v6_14,
    kvm_tdp_mmu_unmap_gfn_range_v6_14,
    kvm_faultin_pfn_v6_14,
    kvm_tdp_mmu_map_v6_14,
    tdp_mmu_link_sp_v6_14,
    kvm_tdp_mmu_age_gfn_range_v6_14,
    kvm_tdp_mmu_test_age_gfn_v6_14,
    kvm_mmu_notifier_clear_flush_young_v6_14,
    kvm_mmu_notifier_test_young_v6_14,
    kvm_arch_flush_shadow_memslot_v6_12,
    kvm_vcpu_pre_fault_memory_v6_11,
  ],
  add: [kvm_tdp_mmu_invalidate_roots, set_external_spte_present, kvm_mmu_zap_memslot],
  drop: ['kvm_tdp_mmu_invalidate_all_roots'],
  constants: { quirkSlotZapAll: 1, mirroredTdp: 0 },
  rules: {
    era: 'h',
    validRootsMax: 12,
    words: {
      newRoot:
        "refcount 2: the vCPU and the TDP MMU's own; direct, or (TDX) the mirror of external page tables",
      invalidation:
        'each valid root of the types asked for (a fast zap: direct ones): raises scheduled_root_to_zap, marks it; W (same waivers)',
      zapAfterInvalidation:
        "the caller, R after a fast zap, W at the VM's end; yields at every SPTE of four passes (4K, 2M, 1G, root); puts the TDP MMU's own reference, then the iterator's",
      notifierUnmap: 'all direct roots, and invalid ones of either kind',
      destruction: 'each vCPU puts its mirror root (R), then invalidates all roots and zaps them exclusively',
    },
  },
});
