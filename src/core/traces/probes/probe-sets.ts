// The kprobes that show a root's whole life, per layout of kvm.ko: what the recordings in fixtures/traces were made with.
// `p` is the function's entry, `r` its return; the event carries the function's name, with `_ret` and `_entry` where a name
// is taken. Offsets are those of the recorded kernels (their BTF; 5.10 by disassembly).

export interface ProbeSet {
  /** The recorded kernel whose offsets these are. */
  readonly kernel: string;
  /** Functions of these names may be absent: inlined, or of a kernel with the zap worker only. */
  readonly optional: readonly string[];
  /** Lines of kprobe_events, without the group. */
  readonly probes: readonly string[];
}

export const PROBES_5_10: ProbeSet = {
  kernel: '5.10.262',
  optional: [],
  probes: [
    'p:kvm_tdp_mmu_get_vcpu_root_hpa kvm_tdp_mmu_get_vcpu_root_hpa vcpu=%di:x64 kvm=+0(%di):x64 role_page=+0x50(+0x3a0(%di)):x32',
    'r:kvm_tdp_mmu_get_vcpu_root_hpa_ret kvm_tdp_mmu_get_vcpu_root_hpa hpa=$retval:x64',
    'p:alloc_tdp_mmu_page alloc_tdp_mmu_page vcpu=%di:x64 gfn=%si:x64 level=%dx:s32',
    'r:alloc_tdp_mmu_page_ret alloc_tdp_mmu_page sp=$retval:x64 spt=+0x40($retval):x64 role=+0x34($retval):x32',
    'p:mmu_free_root_page mmu_free_root_page kvm=%di:x64 hpa=+0(%si):x64',
    'p:kvm_tdp_mmu_free_root kvm_tdp_mmu_free_root kvm=%di:x64 root=%si:x64 spt=+0x40(%si):x64 role=+0x34(%si):x32 root_count=+0x50(%si):s32',
    'p:kvm_tdp_mmu_zap_all kvm_tdp_mmu_zap_all kvm=%di:x64',
    'p:__kvm_tdp_mmu_zap_gfn_range __kvm_tdp_mmu_zap_gfn_range kvm=%di:x64 start=%si:x64 end=%dx:x64 can_yield=%cx:u8',
    'r:__kvm_tdp_mmu_zap_gfn_range_ret __kvm_tdp_mmu_zap_gfn_range flush=$retval:u8',
    'p:kvm_mmu_zap_all_fast_entry kvm_mmu_zap_all_fast kvm=%di:x64',
    'r:kvm_mmu_zap_all_fast_ret kvm_mmu_zap_all_fast',
    'p:kvm_mmu_zap_all kvm_mmu_zap_all kvm=%di:x64',
    'p:kvm_mmu_load kvm_mmu_load vcpu=%di:x64 kvm=+0(%di):x64',
    'r:kvm_mmu_load_ret kvm_mmu_load ret=$retval:s32',
    'p:kvm_mmu_unload kvm_mmu_unload vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_reset_context kvm_mmu_reset_context vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_free_roots kvm_mmu_free_roots vcpu=%di:x64 mmu=%si:x64 roots_to_free=%dx:x64',
    'p:kvm_mmu_init_tdp_mmu kvm_mmu_init_tdp_mmu kvm=%di:x64',
    'p:kvm_mmu_uninit_tdp_mmu kvm_mmu_uninit_tdp_mmu kvm=%di:x64',
  ],
};

export const PROBES_6_1: ProbeSet = {
  kernel: '6.1.192',
  optional: [
    'tdp_mmu_zap_root_work',
    'tdp_mmu_zap_root_work_ret',
    'tdp_mmu_schedule_zap_root',
    'tdp_mmu_zap_root',
  ],
  probes: [
    'p:kvm_mmu_load kvm_mmu_load vcpu=%di:x64 kvm=+0(%di):x64',
    'r:kvm_mmu_load_ret kvm_mmu_load ret=$retval:s32',
    'p:kvm_mmu_unload kvm_mmu_unload vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_reset_context kvm_mmu_reset_context vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_free_roots kvm_mmu_free_roots kvm=%di:x64 mmu=%si:x64 roots_to_free=%dx:x64',
    'p:kvm_mmu_free_obsolete_roots kvm_mmu_free_obsolete_roots vcpu=%di:x64 kvm=+0(%di):x64',
    'p:mmu_free_root_page mmu_free_root_page kvm=%di:x64 hpa=+0(%si):x64',
    'p:tdp_mmu_init_sp tdp_mmu_init_sp sp=%di:x64 sptep=%si:x64 gfn=%dx:x64 role=%cx:x32 spt=+48(%di):x64',
    'p:tdp_mmu_free_sp_rcu_callback tdp_mmu_free_sp_rcu_callback head=%di:x64 spt=-120(%di):x64 role=-132(%di):x32 gfn=-128(%di):x64 refcount=-104(%di):s32',
    'p:kvm_mmu_init_tdp_mmu kvm_mmu_init_tdp_mmu kvm=%di:x64',
    'p:kvm_mmu_uninit_tdp_mmu kvm_mmu_uninit_tdp_mmu kvm=%di:x64',
    'p:kvm_tdp_mmu_zap_all kvm_tdp_mmu_zap_all kvm=%di:x64',
    'p:kvm_tdp_mmu_get_vcpu_root_hpa kvm_tdp_mmu_get_vcpu_root_hpa vcpu=%di:x64 kvm=+0(%di):x64 role=+80(+672(%di)):x32',
    'r:kvm_tdp_mmu_get_vcpu_root_hpa_ret kvm_tdp_mmu_get_vcpu_root_hpa hpa=$retval:x64',
    'p:kvm_tdp_mmu_put_root kvm_tdp_mmu_put_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 refcount=+64(%si):s32 role=+36(%si):x32 spt=+48(%si):x64',
    'p:__tdp_mmu_zap_root __tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 zap_level=%cx:s32 refcount=+64(%si):s32 role=+36(%si):x32',
    'p:tdp_mmu_next_root tdp_mmu_next_root kvm=%di:x64 prev=%si:x64',
    'r:tdp_mmu_next_root_ret tdp_mmu_next_root root=$retval:x64',
    'p:kvm_tdp_mmu_invalidate_all_roots kvm_tdp_mmu_invalidate_all_roots kvm=%di:x64',
    'p:kvm_tdp_mmu_zap_invalidated_roots kvm_tdp_mmu_zap_invalidated_roots kvm=%di:x64',
    'r:kvm_tdp_mmu_zap_invalidated_roots_ret kvm_tdp_mmu_zap_invalidated_roots',
    'p:kvm_mmu_zap_all_fast_entry kvm_mmu_zap_all_fast kvm=%di:x64',
    'r:kvm_mmu_zap_all_fast_ret kvm_mmu_zap_all_fast',
    'p:kvm_mmu_zap_all kvm_mmu_zap_all kvm=%di:x64',
    'p:tdp_mmu_zap_root_work tdp_mmu_zap_root_work work=%di:x64 role=-44(%di):x32 refcount=-16(%di):s32',
    'r:tdp_mmu_zap_root_work_ret tdp_mmu_zap_root_work',
    'p:tdp_mmu_schedule_zap_root tdp_mmu_schedule_zap_root kvm=%di:x64 root=%si:x64 refcount=+64(%si):s32 role=+36(%si):x32',
    'p:tdp_mmu_zap_root tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 refcount=+64(%si):s32 role=+36(%si):x32',
  ],
};

export const PROBES_6_12: ProbeSet = {
  kernel: '6.12.117',
  optional: [],
  probes: [
    'p:kvm_mmu_load kvm_mmu_load vcpu=%di:x64 kvm=+0(%di):x64',
    'r:kvm_mmu_load_ret kvm_mmu_load ret=$retval:s32',
    'p:kvm_mmu_unload kvm_mmu_unload vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_reset_context kvm_mmu_reset_context vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_free_roots kvm_mmu_free_roots kvm=%di:x64 mmu=%si:x64 roots_to_free=%dx:x64',
    'p:kvm_mmu_free_obsolete_roots kvm_mmu_free_obsolete_roots vcpu=%di:x64 kvm=+0(%di):x64',
    'p:mmu_free_root_page mmu_free_root_page kvm=%di:x64 hpa=+0(%si):x64',
    'p:tdp_mmu_init_sp tdp_mmu_init_sp sp=%di:x64 sptep=%si:x64 gfn=%dx:x64 role=%cx:x32 spt=+48(%di):x64',
    'p:tdp_mmu_free_sp_rcu_callback tdp_mmu_free_sp_rcu_callback head=%di:x64 spt=-120(%di):x64 role=-132(%di):x32 gfn=-128(%di):x64 refcount=-104(%di):s32',
    'p:kvm_mmu_init_tdp_mmu kvm_mmu_init_tdp_mmu kvm=%di:x64',
    'p:kvm_mmu_uninit_tdp_mmu kvm_mmu_uninit_tdp_mmu kvm=%di:x64',
    'p:kvm_tdp_mmu_zap_all kvm_tdp_mmu_zap_all kvm=%di:x64',
    'p:kvm_tdp_mmu_alloc_root kvm_tdp_mmu_alloc_root vcpu=%di:x64 kvm=+0(%di):x64 role=+72(+672(%di)):x32',
    'r:kvm_tdp_mmu_alloc_root_ret kvm_tdp_mmu_alloc_root ret=$retval:s32 vcpu=$arg1:x64 hpa=+56(+672($arg1)):x64',
    'p:kvm_tdp_mmu_put_root kvm_tdp_mmu_put_root kvm=%di:x64 root=%si:x64 refcount=+64(%si):s32 role=+36(%si):x32 spt=+48(%si):x64',
    'p:tdp_mmu_zap_root tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 refcount=+64(%si):s32 role=+36(%si):x32',
    'p:__tdp_mmu_zap_root __tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 zap_level=%cx:s32',
    'p:tdp_mmu_next_root tdp_mmu_next_root kvm=%di:x64 prev=%si:x64',
    'r:tdp_mmu_next_root_ret tdp_mmu_next_root root=$retval:x64',
    'p:kvm_tdp_mmu_invalidate_all_roots kvm_tdp_mmu_invalidate_all_roots kvm=%di:x64',
    'p:kvm_tdp_mmu_zap_invalidated_roots kvm_tdp_mmu_zap_invalidated_roots kvm=%di:x64',
    'r:kvm_tdp_mmu_zap_invalidated_roots_ret kvm_tdp_mmu_zap_invalidated_roots',
    'p:__kvm_mmu_zap_all_fast_front_half __kvm_mmu_zap_all_fast_front_half kvm=%di:x64',
  ],
};

export const PROBES_7_2: ProbeSet = {
  kernel: '7.2.13',
  optional: [],
  probes: [
    'p:kvm_mmu_load kvm_mmu_load vcpu=%di:x64 kvm=+0(%di):x64',
    'r:kvm_mmu_load_ret kvm_mmu_load ret=$retval:s32',
    'p:kvm_mmu_unload kvm_mmu_unload vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_reset_context kvm_mmu_reset_context vcpu=%di:x64 kvm=+0(%di):x64',
    'p:kvm_mmu_free_roots kvm_mmu_free_roots kvm=%di:x64 mmu=%si:x64 roots_to_free=%dx:x64',
    'p:kvm_mmu_free_obsolete_roots kvm_mmu_free_obsolete_roots vcpu=%di:x64 kvm=+0(%di):x64',
    'p:mmu_free_root_page mmu_free_root_page kvm=%di:x64 hpa=+0(%si):x64',
    'p:tdp_mmu_init_sp tdp_mmu_init_sp sp=%di:x64 sptep=%si:x64 gfn=%dx:x64 role=%cx:x32 spt=+48(%di):x64',
    'p:tdp_mmu_free_sp_rcu_callback tdp_mmu_free_sp_rcu_callback head=%di:x64 spt=-120(%di):x64 role=-132(%di):x32 gfn=-128(%di):x64 refcount=-104(%di):s32',
    'p:kvm_mmu_init_tdp_mmu kvm_mmu_init_tdp_mmu kvm=%di:x64',
    'p:kvm_mmu_uninit_tdp_mmu kvm_mmu_uninit_tdp_mmu kvm=%di:x64',
    'p:kvm_tdp_mmu_zap_all kvm_tdp_mmu_zap_all kvm=%di:x64',
    'p:kvm_tdp_mmu_alloc_root kvm_tdp_mmu_alloc_root vcpu=%di:x64 private=%si:u8 kvm=+0(%di):x64 role=+80(+672(%di)):x32',
    'r:kvm_tdp_mmu_alloc_root_ret kvm_tdp_mmu_alloc_root vcpu=$arg1:x64 hpa=+56(+672($arg1)):x64',
    'p:kvm_tdp_mmu_put_root kvm_tdp_mmu_put_root kvm=%di:x64 root=%si:x64 refcount=+64(%si):s32 role=+36(%si):x32 spt=+48(%si):x64',
    'p:tdp_mmu_zap_root tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 refcount=+64(%si):s32 role=+36(%si):x32',
    'p:__tdp_mmu_zap_root __tdp_mmu_zap_root kvm=%di:x64 root=%si:x64 shared=%dx:u8 zap_level=%cx:s32',
    'p:tdp_mmu_next_root tdp_mmu_next_root kvm=%di:x64 prev=%si:x64',
    'r:tdp_mmu_next_root_ret tdp_mmu_next_root root=$retval:x64',
    'p:kvm_tdp_mmu_invalidate_roots kvm_tdp_mmu_invalidate_roots kvm=%di:x64 root_types=%si:x32',
    'p:kvm_tdp_mmu_zap_invalidated_roots kvm_tdp_mmu_zap_invalidated_roots kvm=%di:x64 shared=%si:u8',
    'r:kvm_tdp_mmu_zap_invalidated_roots_ret kvm_tdp_mmu_zap_invalidated_roots',
    'p:__kvm_mmu_zap_all_fast_front_half __kvm_mmu_zap_all_fast_front_half kvm=%di:x64',
  ],
};
