// Function numbers: `fn.NAME` is what `call` takes. Two forms of one function (another kernel version) share the number;
// which form runs is the protocol's choice (protocols/), made once at link time. Append, keep the C names.
// The comment gives parameters in order and what is returned; `root`, `table` are page addresses, `slotId` is
// World.slotId(vm, asId, slot), ranges are [start, end) in pages, `shared` 1 = mmu_lock held for read.

const NAMES = [
  // ---- user space and host threads (core/userspace) ----
  'vmm_thread', // (pc) -> result of the last call; runs the thread's script from there to its END
  'kworker', // () unbound worker: takes zap work items for ever
  'rcu_softirq', // () grace periods and callbacks for ever
  // ---- virt/kvm/kvm_main.c ----
  'kvm_create_vm', // (vm, level, failAfterMmuInit) -> 0 or -errno
  'kvm_destroy_vm', // (vm)
  'kvm_get_kvm', // (vm)
  'kvm_put_kvm', // (vm) the last put destroys
  'kvm_vm_release', // (vm) close of the VM fd
  'kvm_vm_ioctl_create_vcpu', // (vm, vcpu, index)
  'kvm_vcpu_release', // (vcpu) close of a vCPU fd
  'kvm_set_memory_region', // (vm, slotId, baseGfn, pages, hvaPage, flags) pages 0 deletes; -> 0 or -errno
  'kvm_invalidate_memslot', // (vm, slotId)
  'kvm_make_all_cpus_request', // (vm, request, wait) wait 1: until nobody runs guest code under the old state
  'kvm_flush_remote_tlbs', // (vm)
  'kvm_mmu_notifier_invalidate_range_start', // (vm, hvaStart, hvaEnd, blockable)
  'kvm_mmu_notifier_invalidate_range_end', // (vm, hvaStart, hvaEnd)
  'kvm_mmu_notifier_release', // (vm) exit_mmap
  'kvm_mmu_notifier_clear_flush_young', // (vm, hvaStart, hvaEnd) -> young
  'kvm_mmu_notifier_test_young', // (vm, hvaPage) -> young
  'hva_to_pfn', // (vm, hvaPage, write) -> pfn * 2 + writable, or -1 (fault to user space)
  'kvm_vm_ioctl_get_dirty_log', // (vm, slotId) -> dirty pages
  'kvm_vm_ioctl_clear_dirty_log', // (vm, slotId, firstPage, pages)
  'kvm_vcpu_ioctl_run', // (vcpu) -> exit reason for user space (EXIT.*), 0 when nothing is left to run, -EIO, -EFAULT
  // ---- arch/x86/kvm ----
  'vcpu_run', // (vcpu) -> as kvm_vcpu_ioctl_run
  'vcpu_enter_guest', // (vcpu) -> 1 go on, 0 to user space, < 0 errno
  'handle_exit', // (vcpu, reason, access, gfn) -> 1 go on, 0 to user space, < 0 errno
  'enter_smm', // (vcpu)
  'emulator_leave_smm', // (vcpu) RSM
  'kvm_smm_changed', // (vcpu, entering)
  'kvm_set_cpu_state', // (vcpu, newState, cause) CR0/CR4/EFER writes: kvm_post_set_cr0 and its like
  'kvm_arch_vcpu_ioctl_set_sregs', // (vcpu, newState, alwaysReset) KVM_SET_SREGS
  'kvm_vcpu_ioctl_set_cpuid2', // (vcpu, changed)
  'kvm_arch_vcpu_destroy', // (vcpu)
  'kvm_arch_destroy_vm', // (vm)
  'kvm_arch_flush_shadow_memslot', // (vm, slotId)
  'kvm_arch_flush_shadow_all', // (vm)
  'kvm_mmu_slot_apply_flags', // (vm, slotId, oldFlags, newFlags)
  // ---- arch/x86/kvm/mmu/mmu.c ----
  'kvm_mmu_init_vm', // (vm) -> 0 or -errno
  'kvm_mmu_uninit_vm', // (vm)
  'kvm_init_mmu', // (vcpu)
  'kvm_mmu_reset_context', // (vcpu, cause)
  'kvm_mmu_unload', // (vcpu)
  'kvm_mmu_free_roots', // (vcpu, mask) bit 0 current, bits 1..3 prev_roots
  'mmu_free_root_page', // (vcpu, slot, shared) slot 0 current, 1..3 prev_roots
  'kvm_mmu_free_obsolete_roots', // (vcpu)
  'kvm_mmu_reload', // (vcpu)
  'kvm_mmu_load', // (vcpu)
  'mmu_alloc_direct_roots', // (vcpu)
  'kvm_mmu_new_pgd', // (vcpu) switch to the wanted role through prev_roots
  'kvm_mmu_page_fault', // (vcpu, gfn, access) -> 1 go on, 0 to user space, < 0 errno
  'direct_page_fault', // (vcpu, gfn, access) -> RET_PF
  'fast_page_fault', // (vcpu, gfn, access, slot) -> RET_PF with level and SPTE; slot: the copy that the fault found (memslots.ts)
  'kvm_faultin_pfn', // (vcpu, slot, gfn, access) -> pfn * 2 + writable, -1 retry, -2 emulate (no slot), -3 EFAULT
  'is_page_fault_stale', // (vcpu, slot, gfn, seq) -> RETRY reason or 0
  'kvm_mmu_zap_all_fast', // (vm)
  'kvm_mmu_zap_all', // (vm)
  'kvm_unmap_gfn_range', // (vm, asId, start, end, blockable) -> flush
  'kvm_age_gfn', // (vm, asId, start, end) -> young
  'kvm_test_age_gfn', // (vm, asId, gfn) -> young
  'kvm_mmu_slot_remove_write_access', // (vm, slotId)
  'kvm_mmu_slot_leaf_clear_dirty', // (vm, slotId)
  'kvm_arch_mmu_enable_log_dirty_pt_masked', // (vm, slotId, firstGfn, pages)
  'kvm_mmu_slot_try_split_huge_pages', // (vm, slotId)
  'kvm_mmu_zap_collapsible_sptes', // (vm, slotId)
  'kvm_zap_gfn_range', // (vm, start, end)
  // ---- arch/x86/kvm/mmu/tdp_mmu.c ----
  'kvm_mmu_init_tdp_mmu', // (vm) -> 0 or -errno
  'kvm_mmu_uninit_tdp_mmu', // (vm)
  'kvm_tdp_mmu_get_vcpu_root_hpa', // (vcpu) -> root
  'kvm_tdp_mmu_put_root', // (vm, root, shared, holder)
  'tdp_mmu_schedule_zap_root', // (vm, root, gift)
  'tdp_mmu_zap_root_work', // (root)
  'tdp_mmu_next_root', // (vm, prev or -1, shared, onlyValid, asId or -1) -> root with an iterator reference, or -1
  'kvm_tdp_mmu_invalidate_all_roots', // (vm)
  'kvm_tdp_mmu_zap_invalidated_roots', // (vm)
  'tdp_mmu_zap_root', // (vm, root, shared)
  '__tdp_mmu_zap_root', // (vm, root, shared, zapLevel) -> SPTEs removed
  'kvm_tdp_mmu_zap_leafs', // (vm, asId or -1, start, end, canYield, flush) -> flush
  'tdp_mmu_zap_leafs', // (vm, root, start, end, canYield, flush) -> flush
  'kvm_tdp_mmu_unmap_gfn_range', // (vm, asId, start, end, mayBlock, flush) -> flush
  'kvm_tdp_mmu_zap_all', // (vm)
  'kvm_tdp_mmu_map', // (vcpu, gfn, access, pfn * 2 + writable, slot) -> RET_PF with level and SPTE (mmu/ret-pf.ts)
  'tdp_mmu_link_sp', // (vm, parent, index, child, old, exclusive) -> 0 or -EBUSY
  'tdp_mmu_set_spte_atomic', // (vm, table, index, old, new) -> 0 or -EBUSY
  'tdp_mmu_set_spte', // (vm, table, index, new)
  'handle_changed_spte', // (vm, table, index, old, new, shared)
  'handle_removed_pt', // (vm, table, shared)
  'tdp_mmu_iter_cond_resched', // (vm, shared, flush, progress) -> 1 yielded
  'kvm_tdp_mmu_wrprot_slot', // (vm, slotId, minLevel) -> changed
  'kvm_tdp_mmu_clear_dirty_slot', // (vm, slotId) -> changed
  'kvm_tdp_mmu_clear_dirty_pt_masked', // (vm, slotId, firstGfn, pages, wrprot)
  'kvm_tdp_mmu_write_protect_gfn', // (vm, slotId, gfn, minLevel) -> changed
  'kvm_tdp_mmu_age_gfn_range', // (vm, asId, start, end) -> young
  'kvm_tdp_mmu_test_age_gfn', // (vm, asId, gfn) -> young
  'kvm_tdp_mmu_try_split_huge_pages', // (vm, slotId, targetLevel, shared)
  'tdp_mmu_split_huge_page', // (vm, table, index, shared) -> 0 or -EBUSY
  'kvm_tdp_mmu_zap_collapsible_sptes', // (vm, slotId)
  'kvm_tdp_mmu_zap_sp', // (vm, table) -> 1 zapped
  'kvm_swap_active_memslots', // (vm, slotId, change, a, b, c) publishes one change of the memslots (virt/kvm/kvm_main)
  'kvm_vm_bugged', // (vm, assertion) behind the report of KVM_BUG_ON (include/linux/kvm_host.h)
  // ---- no C: live sessions ----
  'live_thread', // () runs the commands that arrive from outside
  // ---- v6.9 on ----
  'kvm_tdp_mmu_alloc_root', // (vcpu, mirror) puts the root into root.hpa (mirror 1: mirror_root_hpa)
  'kvm_tdp_mmu_invalidate_roots', // (vm, types) (v6.14) ROOT_TYPE bits
  'set_external_spte_present', // (vm, table, index, old, new) -> 0 or -EBUSY (v6.14)
  'kvm_vcpu_pre_fault_memory', // (vcpu, gfn, pages) -> pages mapped, or -errno (virt/kvm/kvm_main.c, v6.11)
  'kvm_mmu_zap_memslot', // (vm, slotId) only this slot's leafs (arch/x86/kvm/mmu/mmu.c, v6.12)
  // ---- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 to v5.17 ----
  'zap_gfn_range', // (vm, root, start, end, flags, flush) flags: 1 may yield, 2 mmu_lock held for read; -> flush
  'kvm_tdp_mmu_zap_gfn_range', // (vm, asId or -1, start, end, canYield, flush) -> flush
  'kvm_tdp_mmu_free_root', // (vm, root)
  'tdp_mmu_zap_spte_atomic', // (vm, table, index, old) -> 0 or -EBUSY
  // ---- no C: threads of litmus ----
  'litmus_thread', // (pc, vcpu) runs the thread's script: kernel functions with nothing around them
  'kvm_recover_nx_lpages', // (vm) the NX recovery thread -> tables taken (mmu.c)
  'make_mmu_pages_available', // (vcpu) the shadow MMU's reclaim, until v6.0 in faults of TDP roots, too (mmu.c)
  // ---- the shadow MMU, as far as B10i and B18 need it ----
  'shadow_thread', // (pc, vcpu) no C: a thread of a litmus whose vCPU runs a nested guest
  'mmu_alloc_shadow_roots', // (vcpu, level) (mmu.c)
  'ept_page_fault', // (vcpu, gfn) -> RET_PF: FNAME(page_fault) of a nested guest's fault (paging_tmpl.h)
  'kvm_mmu_free_guest_mode_roots', // (vcpu) (mmu.c)
  'kvm_mmu_zap_oldest_mmu_pages', // (vm) (mmu.c)
  'kvm_mmu_change_mmu_pages', // (vm) KVM_SET_NR_MMU_PAGES (mmu.c)
  // ---- virt/kvm/kvm_main.c, v5.0 to v6.3 ----
  'kvm_flush_remote_tlbs_with_address', // (vm, gfn, pages) (kvm_flush_remote_tlbs_range later)
] as const;

export type FunctionName = (typeof NAMES)[number];

/** Function number by C name. */
export const fn = Object.freeze(Object.fromEntries(NAMES.map((name, i) => [name, i + 1]))) as {
  readonly [N in FunctionName]: number;
};

export const FUNCTION_NUMBERS: Readonly<Record<string, number>> = fn;
