// kvm_tdp_mmu_invalidate_all_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.4 (edbdb43fc96b)
// As the draft, but the walk is an RCU section (the zap worker may delete at destruction) and the assertion is waived
// also while no vCPU was ever created (a failing KVM_CREATE_VM).
// Context: mmu_lock held for write, unless nobody uses the VM or no vCPU exists.
// Left out: CONFIG_PROVE_LOCKING (the assertion is always compiled in).
import { LOCK_KIND, VM } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { invalidate_root } from './kvm_tdp_mmu_invalidate_all_roots@seed-draft.js';

export const kvm_tdp_mmu_invalidate_all_roots_v6_4 = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.4',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'CONFIG_PROVE_LOCKING',
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
    ...invalidate_root,
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
