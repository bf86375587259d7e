// v5.18 (era c), as it stood at the mail's base commit 62cf1e941a11 (v6.3-rc): refcount 1 at birth; the last put of a
// valid root marks it invalid, gives it a reference for a worker and queues its zap. The table is the whole protocol;
// other protocols replace entries of it.
import { kvm_init_mmu } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_init_mmu.js';
import { kvm_mmu_free_obsolete_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_obsolete_roots.js';
import { kvm_mmu_free_roots } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_free_roots.js';
import { kvm_mmu_init_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_init_vm.js';
import { kvm_mmu_load } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_load.js';
import { kvm_mmu_new_pgd } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_new_pgd.js';
import { kvm_mmu_reload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reload.js';
import { kvm_mmu_reset_context } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reset_context.js';
import { kvm_mmu_uninit_vm } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_uninit_vm.js';
import { kvm_mmu_unload } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_unload.js';
import { kvm_mmu_zap_all_fast } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_all_fast.js';
import { mmu_alloc_direct_roots } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_alloc_direct_roots.js';
import { mmu_free_root_page } from '../kernel/arch/x86/kvm/mmu/mmu/mmu_free_root_page.js';
import { kvm_mmu_init_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_init_tdp_mmu.js';
import { kvm_mmu_uninit_tdp_mmu } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_mmu_uninit_tdp_mmu.js';
import { kvm_tdp_mmu_get_vcpu_root_hpa } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_get_vcpu_root_hpa.js';
import { kvm_tdp_mmu_invalidate_all_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_invalidate_all_roots.js';
import { kvm_tdp_mmu_put_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_put_root.js';
import { kvm_tdp_mmu_zap_invalidated_roots } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_invalidated_roots.js';
import { tdp_mmu_next_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_next_root.js';
import { tdp_mmu_schedule_zap_root } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/tdp_mmu_schedule_zap_root.js';
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
import { kvm_create_vm } from '../kernel/virt/kvm/kvm_main/kvm_create_vm.js';
import { kvm_destroy_vm } from '../kernel/virt/kvm/kvm_main/kvm_destroy_vm.js';
import { kvm_get_kvm } from '../kernel/virt/kvm/kvm_main/kvm_get_kvm.js';
import { kvm_put_kvm } from '../kernel/virt/kvm/kvm_main/kvm_put_kvm.js';
import { kvm_vcpu_ioctl_run } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_ioctl_run.js';
import { kvm_vcpu_release } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_release.js';
import { kvm_vm_ioctl_create_vcpu } from '../kernel/virt/kvm/kvm_main/kvm_vm_ioctl_create_vcpu.js';
import { kvm_vm_release } from '../kernel/virt/kvm/kvm_main/kvm_vm_release.js';
import type { Protocol } from './protocol.js';

export const v5_18: Protocol = {
  id: 'v5.18',
  title: 'a worker zaps roots; the last put of a valid root resurrects it for the worker',
  source: '22b94c4b63eb, efd995dae5eb (v5.18) as of 62cf1e941a11 (v6.3-rc)',
  base: null,
  procedures: [
    kvm_create_vm,
    kvm_destroy_vm,
    kvm_get_kvm,
    kvm_put_kvm,
    kvm_vm_release,
    kvm_vm_ioctl_create_vcpu,
    kvm_vcpu_release,
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
    kvm_mmu_zap_all_fast,
    kvm_mmu_init_tdp_mmu,
    kvm_mmu_uninit_tdp_mmu,
    kvm_tdp_mmu_get_vcpu_root_hpa,
    kvm_tdp_mmu_put_root,
    tdp_mmu_schedule_zap_root,
    tdp_mmu_zap_root_work,
    tdp_mmu_next_root,
    kvm_tdp_mmu_invalidate_all_roots,
    kvm_tdp_mmu_zap_invalidated_roots,
  ],
  replaced: [],
  constants: {
    // From v5.19 on EFER.NX and CR0.WP of the guest are no part of the root's role.
    roleBitsFromGuest: 0,
    // KVM loads debug registers on a MOV-DR exit and runs the instruction again; 1 = it emulates and skips it.
    drEmulateFirstExit: 0,
  },
  rules: { era: 'c', initialRefcount: 1, resurrects: true, validRootsMax: 6 },
};
