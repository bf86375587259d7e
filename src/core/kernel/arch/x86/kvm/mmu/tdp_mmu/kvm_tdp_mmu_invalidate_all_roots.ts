// kvm_tdp_mmu_invalidate_all_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (b7cccd397f31, 4c6654bd160d)
// Marks every root invalid and takes a reference to each, which the zap that follows gives back: to roots that are invalid
// already, too.
// Context: mmu_lock held for write; slots_lock until the zap has returned.
// Left out: nothing.
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { procedure } from '../../../../../../machine/procedure.js';
import { walk_of_roots } from './kvm_tdp_mmu_invalidate_all_roots@v5.18.js';

export const kvm_tdp_mmu_invalidate_all_roots = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    lockdep_assert_held_write: walk_of_roots.lockdep_assert_held_write,
    list_for_each_entry: walk_of_roots.list_for_each_entry,
    // Valid or not: the walk's first step at each root is the get.
    role_invalid: [null, () => 'refcount_inc_not_zero'],
    refcount_inc_not_zero: [
      (l) => op.refcount_inc_not_zero(l.root, HOLDER.tdpMmu),
      (_l, got) => (got ? 'read_role' : 'next'),
    ],
    read_role: [(l) => op.read_role(l.root), (_l, role) => (role_is_invalid(role) ? 'next' : 'set_invalid')],
    set_invalid: [(l) => op.set_invalid(l.root), () => 'next'],
    next: walk_of_roots.next,
  },
);
