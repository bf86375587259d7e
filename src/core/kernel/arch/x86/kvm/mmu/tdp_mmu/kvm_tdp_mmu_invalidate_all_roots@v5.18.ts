// kvm_tdp_mmu_invalidate_all_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Marks every valid root invalid and queues its zap, with a reference of its own for the work. Roots that are invalid
// already are skipped: whoever invalidated them queued them.
// Context: mmu_lock held for write.
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

/** The plain walk over the list, under mmu_lock. */
export const walk_of_roots = steps(['vm', 'root'], ['role_invalid'], {
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
  next: [
    (l) => op.list_next(l.root),
    (l, root) => {
      l.root = root;
      return root < 0 ? ret() : 'role_invalid';
    },
  ],
});

export const kvm_tdp_mmu_invalidate_all_roots_v5_18 = procedure(
  'kvm_tdp_mmu_invalidate_all_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    lockdep_assert_held_write: walk_of_roots.lockdep_assert_held_write,
    list_for_each_entry: walk_of_roots.list_for_each_entry,
    role_invalid: [
      (l) => op.read_role(l.root),
      (_l, role) => (role_is_invalid(role) ? 'next' : 'kvm_tdp_mmu_get_root'),
    ],
    kvm_tdp_mmu_get_root: [
      (l) => op.refcount_inc_not_zero(l.root, HOLDER.work),
      (_l, got) => (got ? 'set_invalid' : 'warn_get_failed'),
    ],
    warn_get_failed: [(l) => op.report(ASSERTION.WARN_INVALIDATE_GET_FAILED, l.root), () => 'next'],
    set_invalid: [
      (l) => op.set_invalid(l.root),
      (l) => call(fn.tdp_mmu_schedule_zap_root, 'next', l.vm, l.root, 0),
    ],
    next: walk_of_roots.next,
  },
);
