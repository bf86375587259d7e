// The draft carried over to v5.15 line by line, as was tried on 5.15.107 in April 2023 ("refcount_t: underflow; use-after-free" in
// put_root): roots begin with 2 references and an invalidation takes none. But there whoever zaps the invalid roots zaps
// and puts every one that is listed: a root that a vCPU still holds at the next memslot update is put a second time (B24).
/** @type {import('rootline/protocol').ProtocolModule} */
export default (api) => {
  const { op, call, ret, fn, procedure } = api;
  const { LOCK_KIND, VM } = api.constants;
  const { role_is_invalid } = api.helpers;
  const head = { file: 'arch/x86/kvm/mmu/tdp_mmu.c', since: 'draft on v5.15', leftOut: "as v5.15's form" };
  const uninit = api.shipped('v5.15', 'kvm_mmu_uninit_tdp_mmu').steps;

  const kvm_tdp_mmu_invalidate_all_roots = procedure(
    'kvm_tdp_mmu_invalidate_all_roots',
    { ...head, params: ['vm'], locals: ['root'] },
    {
      read_users_count: [
        (l) => op.read_vm(l.vm, VM.USERS_COUNT),
        (_l, users) => (users !== 0 ? 'lockdep_assert_held_write' : 'list_for_each_entry'),
      ],
      lockdep_assert_held_write: [
        (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
        () => 'list_for_each_entry',
      ],
      list_for_each_entry: [
        (l) => op.list_first(l.vm),
        (l, root) => {
          l.root = root;
          return root < 0 ? ret() : 'role_invalid';
        },
      ],
      role_invalid: [
        (l) => op.read_role(l.root),
        (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid'),
      ],
      set_invalid: [(l) => op.set_invalid(l.root), () => 'next'],
      next: [
        (l) => op.list_next(l.root),
        (l, root) => {
          l.root = root;
          return root < 0 ? ret() : 'role_invalid';
        },
      ],
    },
  );
  const kvm_mmu_uninit_tdp_mmu = procedure(
    'kvm_mmu_uninit_tdp_mmu',
    { ...head, params: ['vm'] },
    {
      invalidate_all_roots: [
        null,
        (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'zap_invalidated_roots', l.vm),
      ],
      zap_invalidated_roots: [
        null,
        (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'warn_tdp_mmu_pages', l.vm),
      ],
      warn_tdp_mmu_pages: uninit.warn_tdp_mmu_pages,
      ...uninit,
    },
  );
  return api.extend('v5.15', {
    title: 'the draft on v5.15, line by line',
    source: 'reported 14 Apr 2023 on 5.15.107',
    replace: [kvm_tdp_mmu_invalidate_all_roots, kvm_mmu_uninit_tdp_mmu],
    steps: {
      kvm_tdp_mmu_get_vcpu_root_hpa: {
        tdp_mmu_alloc_sp: [
          (l) => op.alloc_root(l.vm, l.role, 2),
          (l, root) => {
            l.root = root;
            return 'spin_lock';
          },
        ],
      },
    },
    rules: {
      initialRefcount: 2,
      words: {
        newRoot: "refcount 2: the vCPU and the TDP MMU's own",
        invalidation: 'each valid root: marks it, takes no reference; W',
      },
    },
  });
};
