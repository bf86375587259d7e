// Profiles: a protocol with the switches of one concrete kernel, each switch with the commit or recording that shows it.
// A profile's id is the directory name of its recordings; it is accepted wherever a protocol is.

import { kvm_init_mmu_v7_2 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_init_mmu@v7.2.js';
import { kvm_mmu_reload_v6_15 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_reload@v6.15.js';
import { kvm_mmu_zap_memslot } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_mmu_zap_memslot.js';
import { kvm_zap_gfn_range_v6_6 } from '../kernel/arch/x86/kvm/mmu/mmu/kvm_zap_gfn_range@v6.6.js';
import { ept_page_fault_v7_2 } from '../kernel/arch/x86/kvm/mmu/paging_tmpl/ept_page_fault@v7.2.js';
import { kvm_tdp_mmu_zap_all_v6_6 } from '../kernel/arch/x86/kvm/mmu/tdp_mmu/kvm_tdp_mmu_zap_all@v6.6.js';
import { kvm_arch_destroy_vm_v7_2 } from '../kernel/arch/x86/kvm/x86/kvm_arch_destroy_vm@v7.2.js';
import { kvm_arch_flush_shadow_memslot_v6_12 } from '../kernel/arch/x86/kvm/x86/kvm_arch_flush_shadow_memslot@v6.12.js';
import { kvm_set_cpu_state_v6_4 } from '../kernel/arch/x86/kvm/x86/kvm_set_cpu_state@v6.4.js';
import { kvm_vcpu_pre_fault_memory_v6_11 } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_pre_fault_memory@v6.11.js';
import { kvm_vcpu_pre_fault_memory_v6_18 } from '../kernel/virt/kvm/kvm_main/kvm_vcpu_pre_fault_memory@v6.18.js';
import { extend } from './protocol.js';
import { v5_10 } from './v5.10.js';
import { v5_18 } from './v5.18.js';
import { v6_6 } from './v6.6.js';
import { v6_9 } from './v6.9.js';
import { v6_14 } from './v6.14.js';

/**
 * Debian 11's kernel as shipped, the last of the 5.10.y series. Its recordings show v5.10's root rules unchanged: one walk over all
 * roots in a fast zap, one reset on SMM entry and two on RSM, KVM_SET_CPUID2 accepted (and resetting) at any time. No recording
 * shows whether a bug of section 4 is in it: the four fixes below are from the stable series as the reference and memory have
 * them ([?] in the reference's sense for all but a889ea54b3da).
 */
export const profile_5_10_262 = extend(v5_10, {
  id: '5.10.262',
  title: "v5.10's root rules with its stable fixes",
  source: 'recordings 5.10.262',
  replace: [],
  constants: {
    // a835429cda91, 33a3164161fc, 048f49809c52 (B4, B5): the NX and range zaps flush, and carry what is pending.
    zapCarriesFlush: 1,
    nxZapFlushes: 1,
    nxZapYields: 0,
    // ed5e484b79e8 (B23), which those need.
    yieldNeedsProgress: 1,
  },
});

/** Debian's 6.1.192 with the fix taken out and the zap worker of v5.18..v6.3 put back. */
export const profile_6_1_192_nofix = extend(v5_18, {
  id: '6.1.192-nofix',
  title: "v5.18's root rules in a 6.1.192 kernel (the recorded A side)",
  source: 'recordings 6.1.192-nofix',
  // 01b31714bd90 is in 6.1.192: recording reset1 shows four CR0.WP toggles without a reset.
  // 441a5dfcd968 too: its recordings show one walk over all roots in zap_all, not one per address space.
  replace: [kvm_set_cpu_state_v6_4, kvm_tdp_mmu_zap_all_v6_6, kvm_zap_gfn_range_v6_6],
});

/** Debian 12's kernel as shipped: the fix and 0df9dab891ff are backported. */
export const profile_6_1_192 = extend(v6_6, {
  id: '6.1.192',
  title: "v6.6's root rules in a 6.1.192 kernel (the recorded B side)",
  source: 'recordings 6.1.192',
  replace: [],
});

/** Debian 13's kernel as shipped. */
export const profile_6_12_117 = extend(v6_9, {
  id: '6.12.117',
  title: "v6.9's root rules in a 6.12.117 kernel",
  source: 'recordings 6.12.117',
  // aa8d1f48d353 (v6.12): a deleted slot costs all roots only where the quirk asks for it. Recordings memslot, memslot_idle:
  // kvm_mmu_zap_all_fast in each deletion, so a default VM has the quirk.
  // KVM_PRE_FAULT_MEMORY is v6.11's.
  replace: [kvm_arch_flush_shadow_memslot_v6_12, kvm_vcpu_pre_fault_memory_v6_11],
  add: [kvm_mmu_zap_memslot],
  constants: { quirkSlotZapAll: 1 },
});

/** Debian sid's kernel as shipped. */
export const profile_7_2_13 = extend(v6_14, {
  id: '7.2.13',
  title: "v6.14's root rules in a 7.2.13 kernel",
  source: 'recordings 7.2.13',
  replace: [
    // Recordings: role words 0x6f84 and 0x1006f84, 0x7f84 once invalid.
    kvm_init_mmu_v7_2,
    // 2abd5287f083 (7.2): room among the shadow pages is made before the root is looked at.
    ept_page_fault_v7_2,
    // v6.18: -EAGAIN where the slot is being deleted.
    kvm_vcpu_pre_fault_memory_v6_18,
    // 20a6cff3b283 (v6.15).
    kvm_mmu_reload_v6_15,
    // Recording plain: the MMU of a vCPU is unloaded when the vCPU before it is gone.
    kvm_arch_destroy_vm_v7_2,
  ],
});
