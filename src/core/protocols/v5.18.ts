// v5.18 (era c), as it stood at the mail's base commit 62cf1e941a11 (v6.3-rc): refcount 1 at birth; the last put of a
// valid root marks it invalid, gives it a reference for a worker and queues its zap. The table is the whole protocol;
// other protocols replace entries of it.
import { direct_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/direct_page_fault.js';
import { fast_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/fast_page_fault.js';
import { is_page_fault_stale } from '../kernel/arch/x86/kvm/mmu/mmu/is_page_fault_stale.js';
import { kvm_age_gfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_age_gfn.js';
import { kvm_arch_mmu_enable_log_dirty_pt_masked } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_arch_mmu_enable_log_dirty_pt_masked.js';
import { kvm_faultin_pfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_faultin_pfn.js';
import { kvm_init_mmu } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_init_mmu.js';
import { kvm_mmu_free_obsolete_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_obsolete_roots.js';
import { kvm_mmu_free_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_roots.js';
import { kvm_mmu_init_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_init_vm.js';
import { kvm_mmu_load } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_load.js';
import { kvm_mmu_new_pgd } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_new_pgd.js';
import { kvm_mmu_page_fault } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_page_fault.js';
import { kvm_mmu_reload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reload.js';
import { kvm_mmu_reset_context } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reset_context.js';
import { kvm_mmu_slot_leaf_clear_dirty } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_leaf_clear_dirty.js';
import { kvm_mmu_slot_remove_write_access } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_remove_write_access.js';
import { kvm_mmu_slot_try_split_huge_pages } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_slot_try_split_huge_pages.js';
import { kvm_mmu_uninit_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_uninit_vm.js';
import { kvm_mmu_unload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_unload.js';
import { kvm_mmu_zap_all } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all.js';
import { kvm_mmu_zap_all_fast } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast.js';
import { kvm_mmu_zap_collapsible_sptes } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_collapsible_sptes.js';
import { kvm_test_age_gfn } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_test_age_gfn.js';
import { kvm_unmap_gfn_range } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_unmap_gfn_range.js';
import { kvm_zap_gfn_range } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range.js';
import { mmu_alloc_direct_roots } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots.js';
import { mmu_free_root_page } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_free_root_page.js';
import { __tdp_mmu_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/__tdp_mmu_zap_root.js';
import { handle_changed_spte } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_changed_spte.js';
import { handle_removed_pt } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/handle_removed_pt.js';
import { kvm_mmu_init_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu.js';
import { kvm_mmu_uninit_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu.js';
import { kvm_tdp_mmu_age_gfn_range } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_age_gfn_range.js';
import { kvm_tdp_mmu_clear_dirty_pt_masked } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_pt_masked.js';
import { kvm_tdp_mmu_clear_dirty_slot } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_clear_dirty_slot.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa.js';
import { kvm_tdp_mmu_invalidate_all_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots.js';
import { kvm_tdp_mmu_map } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_map.js';
import { kvm_tdp_mmu_put_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root.js';
import { kvm_tdp_mmu_test_age_gfn } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_test_age_gfn.js';
import { kvm_tdp_mmu_try_split_huge_pages } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_try_split_huge_pages.js';
import { kvm_tdp_mmu_unmap_gfn_range } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_unmap_gfn_range.js';
import { kvm_tdp_mmu_write_protect_gfn } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_write_protect_gfn.js';
import { kvm_tdp_mmu_wrprot_slot } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_wrprot_slot.js';
import { kvm_tdp_mmu_zap_all } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all.js';
import { kvm_tdp_mmu_zap_collapsible_sptes } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_collapsible_sptes.js';
import { kvm_tdp_mmu_zap_invalidated_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots.js';
import { kvm_tdp_mmu_zap_leafs } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_leafs.js';
import { kvm_tdp_mmu_zap_sp } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_sp.js';
import { tdp_mmu_iter_cond_resched } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_iter_cond_resched.js';
import { tdp_mmu_link_sp } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_link_sp.js';
import { tdp_mmu_next_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root.js';
import { tdp_mmu_schedule_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_schedule_zap_root.js';
import { tdp_mmu_set_spte } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_set_spte.js';
import { tdp_mmu_set_spte_atomic } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_set_spte_atomic.js';
import { tdp_mmu_split_huge_page } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_split_huge_page.js';
import { tdp_mmu_zap_leafs } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_leafs.js';
import { tdp_mmu_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_root.js';
import { tdp_mmu_zap_root_work } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_zap_root_work.js';
import { emulator_leave_smm } from '../kernel/arch/x86/kvm/x86/emulator_leave_smm.js';
import { enter_smm } from '../kernel/arch/x86/kvm/x86/enter_smm.js';
import { handle_exit } from '../kernel/arch/x86/kvm/x86/handle_exit.js';
import { kvm_arch_destroy_vm } from '../kernel/arch/x86/kvm/x86/kvm_arch_destroy_vm.js';
import { kvm_arch_flush_shadow_all } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_all.js';
import { kvm_arch_flush_shadow_memslot } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_memslot.js';
import { kvm_arch_vcpu_destroy } from '../kernel/arch/x86/kvm/x86/kvm_arch_vcpu_destroy.js';
import { kvm_arch_vcpu_ioctl_set_sregs } from '../kernel/arch/x86/kvm/x86/kvm_arch_vcpu_ioctl_set_sregs.js';
import { kvm_mmu_slot_apply_flags } from '../kernel/arch/x86/kvm/x86/kvm_mmu_slot_apply_flags.js';
import { kvm_set_cpu_state } from '../kernel/arch/x86/kvm/x86/kvm_set_cpu_state.js';
import { kvm_smm_changed } from '../kernel/arch/x86/kvm/x86/kvm_smm_changed.js';
import { kvm_vcpu_ioctl_set_cpuid2 } from '../kernel/arch/x86/kvm/x86/kvm_vcpu_ioctl_set_cpuid2.js';
import { vcpu_enter_guest } from '../kernel/arch/x86/kvm/x86/vcpu_enter_guest.js';
import { vcpu_run } from '../kernel/arch/x86/kvm/x86/vcpu_run.js';
import { hva_to_pfn } from '../kernel/virt/kvm/kvm_main/hva_to_pfn.js';
import { kvm_create_vm } from '../kernel/virt/kvm/kvm_main/kvm_create_vm.js';
import { kvm_destroy_vm } from '../kernel/virt/kvm/kvm_main/kvm_destroy_vm.js';
import { kvm_flush_remote_tlbs } from '../kernel/virt/kvm/kvm_main/kvm_flush_remote_tlbs.js';
import { kvm_get_kvm } from '../kernel/virt/kvm/kvm_main/kvm_get_kvm.js';
import { kvm_invalidate_memslot } from '../kernel/virt/kvm/kvm_main/kvm_invalidate_memslot.js';
import { kvm_make_all_cpus_request } from '../kernel/virt/kvm/kvm_main/kvm_make_all_cpus_request.js';
import { kvm_mmu_notifier_clear_flush_young } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_clear_flush_young.js';
import { kvm_mmu_notifier_invalidate_range_end } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_end.js';
import { kvm_mmu_notifier_invalidate_range_start } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_invalidate_range_start.js';
import { kvm_mmu_notifier_release } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_release.js';
import { kvm_mmu_notifier_test_young } from '../kernel/virt/kvm/kvm_main/kvm_mmu_notifier_test_young.js';
import { kvm_put_kvm } from '../kernel/virt/kvm/kvm_main/kvm_put_kvm.js';
import { kvm_set_memory_region } from '../kernel/virt/kvm/kvm_main/kvm_set_memory_region.js';
import { kvm_swap_active_memslots } from '../kernel/virt/kvm/kvm_main/kvm_swap_active_memslots.js';
import { kvm_vcpu_ioctl_run } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_ioctl_run.js';
import { kvm_vcpu_release } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_release.js';
import { kvm_vm_bugged } from '../kernel/virt/kvm/kvm_main/kvm_vm_bugged.js';
import { kvm_vm_ioctl_clear_dirty_log } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_clear_dirty_log.js';
import { kvm_vm_ioctl_create_vcpu } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_create_vcpu.js';
import { kvm_vm_ioctl_get_dirty_log } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_get_dirty_log.js';
import { kvm_vm_release } from '../kernel/virt/kvm/kvm_main/kvm_vm_release.js';
import { kworker } from '../userspace/kworker.js';
import { live_thread } from '../userspace/live_thread.js';
import { rcu_softirq } from '../userspace/rcu_softirq.js';
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
    kvm_mmu_notifier_invalidate_range_start,
    kvm_mmu_notifier_invalidate_range_end,
    kvm_mmu_notifier_release,
    kvm_mmu_notifier_clear_flush_young,
    kvm_mmu_notifier_test_young,
    hva_to_pfn,
    kvm_vm_ioctl_get_dirty_log,
    kvm_vm_ioctl_clear_dirty_log,
    kvm_vcpu_ioctl_run,
    vcpu_run,
    vcpu_enter_guest,
    handle_exit,
    enter_smm,
    emulator_leave_smm,
    kvm_smm_changed,
    kvm_set_cpu_state,
    kvm_arch_vcpu_ioctl_set_sregs,
    kvm_vcpu_ioctl_set_cpuid2,
    kvm_arch_vcpu_destroy,
    kvm_arch_destroy_vm,
    kvm_arch_flush_shadow_memslot,
    kvm_arch_flush_shadow_all,
    kvm_mmu_slot_apply_flags,
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
    mmu_alloc_direct_roots,
    kvm_mmu_new_pgd,
    kvm_mmu_page_fault,
    direct_page_fault,
    fast_page_fault,
    kvm_faultin_pfn,
    is_page_fault_stale,
    kvm_mmu_zap_all_fast,
    kvm_mmu_zap_all,
    kvm_unmap_gfn_range,
    kvm_age_gfn,
    kvm_test_age_gfn,
    kvm_mmu_slot_remove_write_access,
    kvm_mmu_slot_leaf_clear_dirty,
    kvm_arch_mmu_enable_log_dirty_pt_masked,
    kvm_mmu_slot_try_split_huge_pages,
    kvm_mmu_zap_collapsible_sptes,
    kvm_zap_gfn_range,
    kvm_mmu_init_tdp_mmu,
    kvm_mmu_uninit_tdp_mmu,
    kvm_tdp_mmu_get_vcpu_root_hpa,
    kvm_tdp_mmu_put_root,
    tdp_mmu_schedule_zap_root,
    tdp_mmu_zap_root_work,
    tdp_mmu_next_root,
    kvm_tdp_mmu_invalidate_all_roots,
    kvm_tdp_mmu_zap_invalidated_roots,
    tdp_mmu_zap_root,
    __tdp_mmu_zap_root,
    kvm_tdp_mmu_zap_leafs,
    tdp_mmu_zap_leafs,
    kvm_tdp_mmu_unmap_gfn_range,
    kvm_tdp_mmu_zap_all,
    kvm_tdp_mmu_map,
    tdp_mmu_link_sp,
    tdp_mmu_set_spte_atomic,
    tdp_mmu_set_spte,
    handle_changed_spte,
    handle_removed_pt,
    tdp_mmu_iter_cond_resched,
    kvm_tdp_mmu_wrprot_slot,
    kvm_tdp_mmu_clear_dirty_slot,
    kvm_tdp_mmu_clear_dirty_pt_masked,
    kvm_tdp_mmu_write_protect_gfn,
    kvm_tdp_mmu_age_gfn_range,
    kvm_tdp_mmu_test_age_gfn,
    kvm_tdp_mmu_try_split_huge_pages,
    tdp_mmu_split_huge_page,
    kvm_tdp_mmu_zap_collapsible_sptes,
    kvm_tdp_mmu_zap_sp,
    kvm_swap_active_memslots,
    kvm_vm_bugged,
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
      destruction: 'destroys the work queue, which drains it',
    },
  },
};
