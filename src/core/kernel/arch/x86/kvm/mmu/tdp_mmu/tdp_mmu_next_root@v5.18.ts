// tdp_mmu_next_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// The yield-safe iterator: the next root that could be referenced, with a reference; puts the one before. With only_valid
// invalid roots are passed over. The next root is taken BEFORE the previous one is put.
// Context: mmu_lock held, read (shared) or write. prev -1: start. Returns the root's page or -1.
// as_id is NOT filtered here: the macro around it does that in its body, so a walk takes and drops every root.
// Left out: nothing.
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_next_root_v5_18 = procedure(
  'tdp_mmu_next_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
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
        return root < 0 ? 'rcu_read_unlock' : l.onlyValid ? 'role_invalid' : 'kvm_tdp_mmu_get_root';
      },
    ],
    list_next: [
      (l) => op.list_next(l.prev),
      (l, root) => {
        l.next = root;
        return root < 0 ? 'rcu_read_unlock' : l.onlyValid ? 'role_invalid' : 'kvm_tdp_mmu_get_root';
      },
    ],
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
        return root < 0 ? 'rcu_read_unlock' : l.onlyValid ? 'role_invalid' : 'kvm_tdp_mmu_get_root';
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
