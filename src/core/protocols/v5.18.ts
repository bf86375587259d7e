// v5.18 (era c), as it stood at the mail's base commit 62cf1e941a11 (v6.3-rc): refcount 1 at birth; the last put of a
// valid root marks it invalid, gives it a reference for a worker and queues its zap. The table is the whole protocol;
// other protocols replace entries of it.

import { direct_page_fault_v6_1 } from '../kernel/arch/x86/kvm/mmu/mmu/direct_page_fault@v6.1.js';
import { fast_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/fast_page_fault.js';
import { is_page_fault_stale_v5_16 } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale@v5.16.js';
import { kvm_age_gfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_age_gfn.js';
import { kvm_arch_mmu_enable_log_dirty_pt_masked } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_arch_mmu_enable_log_dirty_pt_masked.js';
import { kvm_faultin_pfn_v5_15 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_faultin_pfn@v5.15.js';
import { kvm_init_mmu } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_init_mmu.js';
import { kvm_mmu_change_mmu_pages } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_change_mmu_pages.js';
import { kvm_mmu_free_guest_mode_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_guest_mode_roots.js';
import { kvm_mmu_free_obsolete_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_obsolete_roots.js';
import { kvm_mmu_free_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_roots.js';
import { kvm_mmu_init_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_init_vm.js';
import { kvm_mmu_load } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_load.js';
import { kvm_mmu_new_pgd } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_new_pgd.js';
import { kvm_mmu_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_page_fault.js';
import { kvm_mmu_reload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reload.js';
import { kvm_mmu_reset_context } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reset_context.js';
import { kvm_mmu_slot_leaf_clear_dirty_v5_13 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_leaf_clear_dirty@v5.13.js';
import { kvm_mmu_slot_remove_write_access_v5_13 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_remove_write_access@v5.13.js';
import { kvm_mmu_slot_try_split_huge_pages } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_try_split_huge_pages.js';
import { kvm_mmu_uninit_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_uninit_vm.js';
import { kvm_mmu_unload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_unload.js';
import { kvm_mmu_zap_all } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all.js';
import { kvm_mmu_zap_all_fast_v5_18 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast@v5.18.js';
import { kvm_mmu_zap_collapsible_sptes_v5_13 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_collapsible_sptes@v5.13.js';
import { kvm_mmu_zap_oldest_mmu_pages } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_oldest_mmu_pages.js';
import { kvm_recover_nx_lpages_v5_18 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_recover_nx_lpages@v5.18.js';
import { kvm_test_age_gfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_test_age_gfn.js';
import { kvm_unmap_gfn_range } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_unmap_gfn_range.js';
import { kvm_zap_gfn_range_v5_18 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range@v5.18.js';
import { mmu_alloc_direct_roots_v5_13 } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots@v5.13.js';
import { mmu_alloc_shadow_roots } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_shadow_roots.js';
import { mmu_free_root_page } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_free_root_page.js';
import { ept_page_fault_v5_16 } from '../kernel/arch/x86/kvm/mmu/paging_tmpl/ept_page_fault@v5.16.js';
import { __tdp_mmu_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/__tdp_mmu_zap_root.js';
import { handle_changed_spte } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_changed_spte.js';
import { handle_removed_pt_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_removed_pt@v5.18.js';
import { kvm_mmu_init_tdp_mmu_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu@v5.18.js';
import { kvm_mmu_uninit_tdp_mmu_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu@v5.18.js';
import { kvm_tdp_mmu_age_gfn_range_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_age_gfn_range@v5.12.js';
import { kvm_tdp_mmu_clear_dirty_pt_masked_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_pt_masked@v5.12.js';
import { kvm_tdp_mmu_clear_dirty_slot_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_slot@v5.13.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa@v5.13.js';
import { kvm_tdp_mmu_invalidate_all_roots_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots@v5.18.js';
import { kvm_tdp_mmu_map_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map@v5.18.js';
import { kvm_tdp_mmu_put_root_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root@v5.18.js';
import { kvm_tdp_mmu_test_age_gfn_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_test_age_gfn@v5.12.js';
import { kvm_tdp_mmu_try_split_huge_pages } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_try_split_huge_pages.js';
import { kvm_tdp_mmu_unmap_gfn_range_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range@v5.18.js';
import { kvm_tdp_mmu_write_protect_gfn_v5_12 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_write_protect_gfn@v5.12.js';
import { kvm_tdp_mmu_wrprot_slot_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_wrprot_slot@v5.13.js';
import { kvm_tdp_mmu_zap_all_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all@v5.18.js';
import { kvm_tdp_mmu_zap_collapsible_sptes_v5_13 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_collapsible_sptes@v5.13.js';
import { kvm_tdp_mmu_zap_invalidated_roots_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots@v5.18.js';
import { kvm_tdp_mmu_zap_leafs } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_leafs.js';
import { kvm_tdp_mmu_zap_sp_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_sp@v5.18.js';
import { tdp_mmu_iter_cond_resched_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_iter_cond_resched@v5.18.js';
import { tdp_mmu_link_sp } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_link_sp.js';
import { tdp_mmu_next_root_v5_18 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root@v5.18.js';
import { tdp_mmu_schedule_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_schedule_zap_root.js';
import { tdp_mmu_set_spte } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_set_spte.js';
import { tdp_mmu_set_spte_atomic } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_set_spte_atomic.js';
import { tdp_mmu_split_huge_page } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_split_huge_page.js';
import { tdp_mmu_zap_leafs } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_leafs.js';
import { tdp_mmu_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_root.js';
import { tdp_mmu_zap_root_work } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_root_work.js';
import { emulator_leave_smm_v5_15 } from '../kernel/arch/x86/kvm/x86/emulator_leave_smm@v5.15.js';
import { enter_smm_v5_15 } from '../kernel/arch/x86/kvm/x86/enter_smm@v5.15.js';
import { handle_exit } from '../kernel/arch/x86/kvm/x86/handle_exit.js';
import { kvm_arch_destroy_vm } from '../kernel/arch/x86/kvm/x86/kvm_arch_destroy_vm.js';
import { kvm_arch_flush_shadow_all } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_all.js';
import { kvm_arch_flush_shadow_memslot } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_memslot.js';
import { kvm_arch_vcpu_destroy } from '../kernel/arch/x86/kvm/x86/kvm_arch_vcpu_destroy.js';
import { kvm_arch_vcpu_ioctl_set_sregs } from '../kernel/arch/x86/kvm/x86/kvm_arch_vcpu_ioctl_set_sregs.js';
import { kvm_mmu_slot_apply_flags_v5_18 } from '../kernel/arch/x86/kvm/x86/kvm_mmu_slot_apply_flags@v5.18.js';
import { kvm_set_cpu_state } from '../kernel/arch/x86/kvm/x86/kvm_set_cpu_state.js';
import { kvm_smm_changed_v5_15 } from '../kernel/arch/x86/kvm/x86/kvm_smm_changed@v5.15.js';
import { kvm_vcpu_ioctl_set_cpuid2_v5_17 } from '../kernel/arch/x86/kvm/x86/kvm_vcpu_ioctl_set_cpuid2@v5.17.js';
import { vcpu_enter_guest_v5_18 } from '../kernel/arch/x86/kvm/x86/vcpu_enter_guest@v5.18.js';
import { vcpu_run } from '../kernel/arch/x86/kvm/x86/vcpu_run.js';
import { hva_to_pfn } from '../kernel/virt/kvm/kvm_main/hva_to_pfn.js';
import { kvm_create_vm } from '../kernel/virt/kvm/kvm_main/kvm_create_vm.js';
import { kvm_destroy_vm } from '../kernel/virt/kvm/kvm_main/kvm_destroy_vm.js';
import { kvm_flush_remote_tlbs } from '../kernel/virt/kvm/kvm_main/kvm_flush_remote_tlbs.js';
import { kvm_get_kvm } from '../kernel/virt/kvm/kvm_main/kvm_get_kvm.js';
import { kvm_invalidate_memslot } from '../kernel/virt/kvm/kvm_main/kvm_invalidate_memslot.js';
import { kvm_make_all_cpus_request } from '../kernel/virt/kvm/kvm_main/kvm_make_all_cpus_request.js';
import { kvm_mmu_notifier_clear_flush_young } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_clear_flush_young.js';
import { kvm_mmu_notifier_invalidate_range_end_v5_15 } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_end@v5.15.js';
import { kvm_mmu_notifier_invalidate_range_start_v5_15 } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_start@v5.15.js';
import { kvm_mmu_notifier_release } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_release.js';
import { kvm_mmu_notifier_test_young } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_test_young.js';
import { kvm_put_kvm } from '../kernel/virt/kvm/kvm_main/kvm_put_kvm.js';
import { kvm_set_memory_region } from '../kernel/virt/kvm/kvm_main/kvm_set_memory_region.js';
import { kvm_swap_active_memslots } from '../kernel/virt/kvm/kvm_main/kvm_swap_active_memslots.js';
import { kvm_vcpu_ioctl_run } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_ioctl_run.js';
import { kvm_vcpu_pre_fault_memory } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_pre_fault_memory.js';
import { kvm_vcpu_release } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_release.js';
import { kvm_vm_bugged } from '../kernel/virt/kvm/kvm_main/kvm_vm_bugged.js';
import { kvm_vm_ioctl_clear_dirty_log } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_clear_dirty_log.js';
import { kvm_vm_ioctl_create_vcpu } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_create_vcpu.js';
import { kvm_vm_ioctl_get_dirty_log } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_get_dirty_log.js';
import { kvm_vm_release } from '../kernel/virt/kvm/kvm_main/kvm_vm_release.js';
import { kworker } from '../userspace/kworker.js';
import { litmus_thread } from '../userspace/litmus_thread.js';
import { live_thread } from '../userspace/live_thread.js';
import { rcu_softirq } from '../userspace/rcu_softirq.js';
import { shadow_thread } from '../userspace/shadow_thread.js';
import { vmm_thread } from '../userspace/vmm_thread.js';
import type { Protocol } from './protocol.js';

export const v5_18: Protocol = {
  id: 'v5.18',
  title: 'a worker zaps roots; the last put of a valid root resurrects it for the worker',
  source: '22b94c4b63eb, efd995dae5eb (v5.18) as of 62cf1e941a11 (v6.3-rc)',
  base: null,
  procedures: [
    vmm_thread,
    live_thread,
    litmus_thread,
    kworker,
    rcu_softirq,
    kvm_create_vm,
    kvm_destroy_vm,
    kvm_get_kvm,
    kvm_put_kvm,
    kvm_vm_release,
    kvm_vm_ioctl_create_vcpu,
    kvm_vcpu_release,
    kvm_set_memory_region,
    kvm_invalidate_memslot,
    kvm_make_all_cpus_request,
    kvm_flush_remote_tlbs,
    kvm_mmu_notifier_invalidate_range_start_v5_15,
    kvm_mmu_notifier_invalidate_range_end_v5_15,
    kvm_mmu_notifier_release,
    kvm_mmu_notifier_clear_flush_young,
    kvm_mmu_notifier_test_young,
    hva_to_pfn,
    kvm_vm_ioctl_get_dirty_log,
    kvm_vm_ioctl_clear_dirty_log,
    kvm_vcpu_ioctl_run,
    kvm_vcpu_pre_fault_memory,
    vcpu_run,
    vcpu_enter_guest_v5_18,
    handle_exit,
    enter_smm_v5_15,
    emulator_leave_smm_v5_15,
    kvm_smm_changed_v5_15,
    kvm_set_cpu_state,
    kvm_arch_vcpu_ioctl_set_sregs,
    kvm_vcpu_ioctl_set_cpuid2_v5_17,
    kvm_arch_vcpu_destroy,
    kvm_arch_destroy_vm,
    kvm_arch_flush_shadow_memslot,
    kvm_arch_flush_shadow_all,
    kvm_mmu_slot_apply_flags_v5_18,
    kvm_mmu_init_vm,
    kvm_mmu_uninit_vm,
    kvm_init_mmu,
    kvm_mmu_reset_context,
    kvm_mmu_unload,
    kvm_mmu_free_roots,
    mmu_free_root_page,
    kvm_mmu_free_obsolete_roots,
    kvm_mmu_reload,
    kvm_mmu_load,
    mmu_alloc_direct_roots_v5_13,
    kvm_mmu_new_pgd,
    kvm_mmu_page_fault,
    direct_page_fault_v6_1,
    fast_page_fault,
    kvm_faultin_pfn_v5_15,
    is_page_fault_stale_v5_16,
    kvm_mmu_zap_all_fast_v5_18,
    kvm_mmu_zap_all,
    kvm_unmap_gfn_range,
    kvm_age_gfn,
    kvm_test_age_gfn,
    kvm_mmu_slot_remove_write_access_v5_13,
    kvm_mmu_slot_leaf_clear_dirty_v5_13,
    kvm_arch_mmu_enable_log_dirty_pt_masked,
    kvm_mmu_slot_try_split_huge_pages,
    kvm_mmu_zap_collapsible_sptes_v5_13,
    kvm_zap_gfn_range_v5_18,
    kvm_mmu_init_tdp_mmu_v5_18,
    kvm_mmu_uninit_tdp_mmu_v5_18,
    kvm_tdp_mmu_get_vcpu_root_hpa_v5_13,
    kvm_tdp_mmu_put_root_v5_18,
    tdp_mmu_schedule_zap_root,
    tdp_mmu_zap_root_work,
    tdp_mmu_next_root_v5_18,
    kvm_tdp_mmu_invalidate_all_roots_v5_18,
    kvm_tdp_mmu_zap_invalidated_roots_v5_18,
    tdp_mmu_zap_root,
    __tdp_mmu_zap_root,
    kvm_tdp_mmu_zap_leafs,
    tdp_mmu_zap_leafs,
    kvm_tdp_mmu_unmap_gfn_range_v5_18,
    kvm_tdp_mmu_zap_all_v5_18,
    kvm_tdp_mmu_map_v5_18,
    tdp_mmu_link_sp,
    tdp_mmu_set_spte_atomic,
    tdp_mmu_set_spte,
    handle_changed_spte,
    handle_removed_pt_v5_18,
    tdp_mmu_iter_cond_resched_v5_18,
    kvm_tdp_mmu_wrprot_slot_v5_13,
    kvm_tdp_mmu_clear_dirty_slot_v5_13,
    kvm_tdp_mmu_clear_dirty_pt_masked_v5_12,
    kvm_tdp_mmu_write_protect_gfn_v5_12,
    kvm_tdp_mmu_age_gfn_range_v5_12,
    kvm_tdp_mmu_test_age_gfn_v5_12,
    kvm_tdp_mmu_try_split_huge_pages,
    tdp_mmu_split_huge_page,
    kvm_tdp_mmu_zap_collapsible_sptes_v5_13,
    kvm_tdp_mmu_zap_sp_v5_18,
    kvm_recover_nx_lpages_v5_18,
    kvm_swap_active_memslots,
    kvm_vm_bugged,
    shadow_thread,
    mmu_alloc_shadow_roots,
    ept_page_fault_v5_16,
    kvm_mmu_free_guest_mode_roots,
    kvm_mmu_zap_oldest_mmu_pages,
    kvm_mmu_change_mmu_pages,
  ],
  replaced: [],
  constants: {
    // From v5.19 on EFER.NX and CR0.WP of the guest are no part of the root's role.
    roleBitsFromGuest: 0,
    // KVM loads debug registers on a MOV-DR exit and runs the instruction again; 1 = it emulates and skips it.
    drEmulateFirstExit: 0,
  },
  rules: {
    era: 'c',
    initialRefcount: 1,
    resurrects: true,
    validRootsMax: 6,
    words: {
      newRoot: 'refcount 1: the vCPU',
      lastPutOfValidRoot: 'marks it invalid, stores refcount 1 for a worker, queues its zap',
      lastPutOfInvalidRoot: 'unlinks it, frees it after a grace period',
      invalidation: 'each valid root: takes a reference for the worker, marks it, queues its zap; W',
      zapAfterInvalidation: 'a worker, R, yields; the caller waits for the work queue',
      lookupLock: 'W',
      dropLock: 'W',
      rangeZap: 'all roots; whatever goes asks for a flush',
      notifierUnmap: 'all roots',
      destruction: 'destroys the work queue, which drains it',
    },
  },
};
