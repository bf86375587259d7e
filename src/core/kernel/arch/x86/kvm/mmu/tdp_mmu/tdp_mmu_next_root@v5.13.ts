// tdp_mmu_next_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (cfc109979b3c, fb10129335ca, c0e64238ac53)
// The yield-safe iterator: the next root that could be referenced, with a reference; puts the one before. A get fails for an
// INVALID root as it does for a dying one: whoever has to visit invalid roots cannot (B6), whatever onlyValid says.
// Context: mmu_lock held, read (shared) or write. prev -1: start. Returns the root's page or -1.
// Left out: nothing.
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_next_root_v5_13 = procedure(
  'tdp_mmu_next_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'prev', 'shared', 'onlyValid'],
    locals: ['next'],
    leftOut: 'nothing',
  },
  {
    rcu_read_lock: [() => op.rcu_read_lock(), (l) => (l.prev >= 0 ? 'list_next' : 'list_first')],
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'role_invalid';
      },
    ],
    list_next: [
      (l) => op.list_next(l.prev),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'role_invalid';
      },
    ],
    // kvm_tdp_mmu_get_root(): both tests are in it in this era.
    role_invalid: [
      (l) => op.read_role(l.next),
      (_l, role) => (role_is_invalid(role) ? 'list_next_candidate' : 'kvm_tdp_mmu_get_root'),
    ],
    kvm_tdp_mmu_get_root: [
      (l) => op.refcount_inc_not_zero(l.next, HOLDER.iterator),
      (_l, got) => (got ? 'rcu_read_unlock' : 'list_next_candidate'),
    ],
    list_next_candidate: [
      (l) => op.list_next(l.next),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : 'role_invalid';
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
