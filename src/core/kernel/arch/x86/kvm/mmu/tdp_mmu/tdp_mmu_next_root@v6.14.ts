// tdp_mmu_next_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (de86ef7bf50f)
// The yield-safe iterator over the roots of the given types; puts the one before. The next root is taken BEFORE the previous
// one is put. The role of a root is read before it is referenced.
// Context: mmu_lock held in some mode. prev -1: start. Returns the root's page or -1. types: ROOT_TYPE bits; as callers of every
// version pass them, 0 stands for all roots and 1 for the valid ones (INVALID alone is not asked for: tdp_mmu_root_match warns).
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { ROOT_TYPE, root_matches } from '../../../../../../aggregates/role.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_next_root_v6_14 = procedure(
  'tdp_mmu_next_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'prev', 'shared', 'types'],
    locals: ['next'],
    leftOut: 'nothing',
  },
  {
    lockdep_assert_held: [
      (l) => op.lockdep_assert_held(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), 0),
      (l) => {
        if (l.types <= 1) l.types = l.types === 1 ? ROOT_TYPE.VALID : ROOT_TYPE.ALL;
        return 'rcu_read_lock';
      },
    ],
    rcu_read_lock: [() => op.rcu_read_lock(), (l) => (l.prev >= 0 ? 'list_next' : 'list_first')],
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'tdp_mmu_root_match';
      },
    ],
    list_next: [
      (l) => op.list_next(l.prev),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'tdp_mmu_root_match';
      },
    ],
    tdp_mmu_root_match: [
      (l) => op.read_role(l.next),
      (l, role) => (root_matches(role, l.types) ? 'kvm_tdp_mmu_get_root' : 'list_next_candidate'),
    ],
    kvm_tdp_mmu_get_root: [
      (l) => op.refcount_inc_not_zero(l.next, HOLDER.iterator),
      (_l, got) => (got ? 'rcu_read_unlock' : 'list_next_candidate'),
    ],
    list_next_candidate: [
      (l) => op.list_next(l.next),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'tdp_mmu_root_match';
      },
    ],
    rcu_read_unlock: [
      () => op.rcu_read_unlock(),
      (l) =>
        l.prev >= 0
          ? call(fn.kvm_tdp_mmu_put_root, 'done', l.vm, l.prev, l.shared, HOLDER.iterator)
          : ret(l.next),
    ],
    done: [null, (l) => ret(l.next)],
  },
);
