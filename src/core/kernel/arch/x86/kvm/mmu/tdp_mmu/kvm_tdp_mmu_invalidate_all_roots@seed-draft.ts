// kvm_tdp_mmu_invalidate_all_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, seed draft (13 Apr 2023)
// Marks every valid root invalid and queues its zap; the TDP MMU's own reference goes over to the work, none is taken.
// Context: mmu_lock held for write, unless nobody uses the VM any more (users_count 0): then a plain, unlocked walk.
// Left out: nothing.
import { VM } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { walk_of_roots } from './kvm_tdp_mmu_invalidate_all_roots@v5.18.js';

/** What is done with each root of the walk. */
export const invalidate_root = steps(['vm', 'root'], ['next'], {
  role_invalid: [(l) => op.read_role(l.root), (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid')],
  set_invalid: [
    (l) => op.set_invalid(l.root),
    (l) => call(fn.tdp_mmu_schedule_zap_root, 'next', l.vm, l.root, 1),
  ],
});

export const kvm_tdp_mmu_invalidate_all_roots_seed_draft = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'seed draft (13 Apr 2023)',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    read_users_count: [
      (l) => op.read_vm(l.vm, VM.USERS_COUNT),
      (_l, users) => (users !== 0 ? 'lockdep_assert_held_write' : 'list_for_each_entry'),
    ],
    lockdep_assert_held_write: walk_of_roots.lockdep_assert_held_write,
    list_for_each_entry: walk_of_roots.list_for_each_entry,
    role_invalid: invalidate_root.role_invalid,
    set_invalid: invalidate_root.set_invalid,
    next: walk_of_roots.next,
  },
);
