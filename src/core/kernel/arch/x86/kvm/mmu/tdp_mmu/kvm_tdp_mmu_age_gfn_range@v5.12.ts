// kvm_tdp_mmu_age_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (as of v5.18)
// Clears the Accessed bit of the leafs of [start, end) in all roots of the address space, valid or not. A plain walk: no
// reference is taken.
// Context: mmu_lock held for write, never yields. Returns whether any leaf had been accessed.
// Left out: access tracking for SPTEs without A/D bits.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  iter_table,
  NEXT_TABLE,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_start,
  tdp_iter_step_down,
  WALK_ENDS,
} from '../tdp_iter.js';

/** for_each_tdp_mmu_root(): the roots of the address space, for those that ask for Accessed bits. */
export const age_walk = steps(['vm', 'asId', 'root', 'young'], ['rcu_read_lock'], {
  lockdep_assert: [
    (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
    () => 'list_first',
  ],
  list_first: [
    (l) => op.list_first(l.vm),
    (l, root) => {
      if (root < 0) return ret(l.young);
      l.root = root;
      return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === l.asId ? 'rcu_read_lock' : 'list_next';
    },
  ],
  list_next: [
    (l) => op.list_next(l.root),
    (l, root) => {
      if (root < 0) return ret(l.young);
      l.root = root;
      return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === l.asId ? 'rcu_read_lock' : 'list_next';
    },
  ],
});

export const kvm_tdp_mmu_age_gfn_range_v5_12 = procedure(
  'kvm_tdp_mmu_age_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'asId', 'start', 'end'],
    locals: ['root', 'young', ...TDP_ITER],
    leftOut: 'access tracking without A/D bits',
  },
  {
    ...age_walk,
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, l.start);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.end);
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte)) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        if (!is_leaf_spte(l.spte) || (l.spte & SPTE.ACCESSED) === 0) {
          l.index++;
          return 'next_present';
        }
        const spte = l.spte & ~SPTE.ACCESSED;
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, spte);
      },
    ],
    changed: [
      null,
      (l) => {
        l.young = 1;
        l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'list_next'],
  },
);
