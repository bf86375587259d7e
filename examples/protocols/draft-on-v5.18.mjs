// The draft patch of 13 April 2023 written on v5.18: the TDP MMU holds a reference of its own to each root. Behaves as the
// shipped `seed-draft`: sessions of the two have equal digests.
/** @type {import('rootline/protocol').ProtocolModule} */
export default (api) => {
  const { op, call, ret, fn, procedure } = api;
  const { LOCK_KIND, LOCK_MODE, VM, ASSERTION } = api.constants;
  const { role_is_invalid } = api.helpers;
  const head = { file: 'arch/x86/kvm/mmu/tdp_mmu.c', since: 'draft', leftOut: "as v5.18's form" };
  const uninit = api.shipped('v5.18', 'kvm_mmu_uninit_tdp_mmu').steps;

  const kvm_tdp_mmu_put_root = procedure(
    'kvm_tdp_mmu_put_root',
    { ...head, params: ['vm', 'root', 'shared', 'holder'] },
    {
      lockdep_assert: [
        (l) =>
          op.lockdep_assert_held(
            l.w.lockId(l.vm, LOCK_KIND.mmu_lock),
            l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write,
          ),
        () => 'refcount_dec_and_test',
      ],
      refcount_dec_and_test: [
        (l) => op.refcount_dec_and_test(l.root, l.holder),
        (_l, zero) => (zero ? 'read_role_invalid' : ret()),
      ],
      // The TDP MMU's own reference goes only with the zap that follows an invalidation.
      read_role_invalid: [
        (l) => op.read_role(l.root),
        (_l, role) => (role_is_invalid(role) ? 'spin_lock' : 'kvm_bug_on'),
      ],
      kvm_bug_on: [
        (l) => op.report(ASSERTION.BUG_PUT_VALID_ROOT, l.root),
        (l) => call(fn.kvm_vm_bugged, 'bugged', l.vm, ASSERTION.BUG_PUT_VALID_ROOT),
      ],
      bugged: [null, () => 'spin_lock'],
      spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'list_del_rcu'],
      list_del_rcu: [(l) => op.list_del_rcu(l.vm, l.root), () => 'spin_unlock'],
      spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'call_rcu'],
      call_rcu: [(l) => op.call_rcu(l.root), () => ret()],
    },
  );

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
      set_invalid: [
        (l) => op.set_invalid(l.root),
        (l) => call(fn.tdp_mmu_schedule_zap_root, 'next', l.vm, l.root, 1),
      ],
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
        (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'destroy_workqueue', l.vm),
      ],
      destroy_workqueue: uninit.destroy_workqueue,
      ...uninit,
    },
  );

  return api.extend('v5.18', {
    title: 'the draft of 13 April 2023, as a patch on v5.18',
    source: 'mail ZDhO02VeRcOMTQz0@google.com',
    replace: [kvm_tdp_mmu_put_root, kvm_tdp_mmu_invalidate_all_roots, kvm_mmu_uninit_tdp_mmu],
    steps: {
      // refcount_set(&root->tdp_mmu_root_count, 2): the vCPU's and the TDP MMU's own.
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
      era: 'd',
      initialRefcount: 2,
      resurrects: false,
      words: {
        newRoot: "refcount 2: the vCPU and the TDP MMU's own",
        lastPutOfValidRoot: 'KVM_BUG_ON, then unlinks and frees it all the same',
        invalidation:
          "each valid root: marks it, queues its zap with the TDP MMU's own reference; W, or unlocked once users_count is 0",
        destruction: 'invalidates all roots with a plain unlocked walk, then destroys the work queue',
      },
    },
  });
};
