// for_each_valid_tdp_mmu_root_rcu() with the leafs of a range in it -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14
// The walk of those that ask for Accessed bits: the valid roots of one address space, with no lock but RCU. What it stands on may be
// unlinked or zapped meanwhile; it cannot be freed.
// Context: no lock. One RCU read section around list and trees.
// Left out: nothing.
import { ROOT_TYPE, role_as_id, root_matches } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { ret, steps } from '../../../../../../machine/procedure.js';

/** From root to root; `walk_root` is what is done with each, 'list_next' what follows it. */
export const rcu_age_walk = steps(['vm', 'asId', 'root', 'young'], ['walk_root'], {
  rcu_read_lock: [() => op.rcu_read_lock(), () => 'list_first'],
  list_first: [
    (l) => op.list_first(l.vm),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'rcu_read_unlock' : 'role_valid';
    },
  ],
  role_valid: [
    (l) => op.read_role(l.root),
    (l, role) =>
      root_matches(role, ROOT_TYPE.DIRECT) && role_as_id(role) === l.asId ? 'walk_root' : 'list_next',
  ],
  list_next: [
    (l) => op.list_next(l.root),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'rcu_read_unlock' : 'role_valid';
    },
  ],
  rcu_read_unlock: [() => op.rcu_read_unlock(), (l) => ret(l.young)],
});
