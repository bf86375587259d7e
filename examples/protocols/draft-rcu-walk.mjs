// The draft's second version, as it was merged: the walk that invalidates is an RCU section, since the zap worker may unlink
// roots while the VM is being destroyed; and the assertion is waived while no vCPU was ever created. Cures B12 and B13.
/** @type {import('rootline/protocol').ProtocolModule} */
export default (api) => {
  const { op, call, ret, fn, procedure } = api;
  const { LOCK_KIND, VM } = api.constants;
  const { role_is_invalid } = api.helpers;

  const kvm_tdp_mmu_invalidate_all_roots = procedure(
    'kvm_tdp_mmu_invalidate_all_roots',
    {
      file: 'arch/x86/kvm/mmu/tdp_mmu.c',
      since: 'second version',
      leftOut: 'CONFIG_PROVE_LOCKING',
      params: ['vm'],
      locals: ['root'],
    },
    {
      read_users_count: [
        (l) => op.read_vm(l.vm, VM.USERS_COUNT),
        (_l, users) => (users !== 0 ? 'read_created_vcpus' : 'rcu_read_lock'),
      ],
      read_created_vcpus: [
        (l) => op.read_vm(l.vm, VM.CREATED_VCPUS),
        (_l, vcpus) => (vcpus !== 0 ? 'lockdep_assert_held_write' : 'rcu_read_lock'),
      ],
      lockdep_assert_held_write: [
        (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
        () => 'rcu_read_lock',
      ],
      rcu_read_lock: [() => op.rcu_read_lock(), () => 'list_for_each_entry'],
      list_for_each_entry: [
        (l) => op.list_first(l.vm),
        (l, root) => {
          l.root = root;
          return root < 0 ? 'rcu_read_unlock' : 'role_invalid';
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
          return root < 0 ? 'rcu_read_unlock' : 'role_invalid';
        },
      ],
      rcu_read_unlock: [() => op.rcu_read_unlock(), () => ret()],
    },
  );

  return api.extend('seed-draft', {
    title: "the draft's second version: an RCU walk",
    source: 'edbdb43fc96b',
    replace: [kvm_tdp_mmu_invalidate_all_roots],
    rules: {
      era: 'e',
      words: { destruction: 'invalidates all roots with an RCU walk, then destroys the work queue' },
    },
  });
};
