// kvm_tdp_mmu_test_age_gfn() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (as of v5.18)
// Whether a leaf that maps gfn has its Accessed bit set, in any root of the address space. A plain walk: no reference is taken.
// Context: mmu_lock held for write, never yields. Returns 1 when accessed.
// Left out: access tracking for SPTEs without A/D bits.
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { procedure } from '../../../../../../machine/procedure.js';
import {
  iter_table,
  NEXT_TABLE,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_start,
  tdp_iter_step_down,
  WALK_ENDS,
} from '../tdp_iter.js';
import { age_walk } from './kvm_tdp_mmu_age_gfn_range@v5.12.js';

export const kvm_tdp_mmu_test_age_gfn_v5_12 = procedure(
  'kvm_tdp_mmu_test_age_gfn',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'asId', 'target'],
    locals: ['root', 'young', ...TDP_ITER],
    leftOut: 'access tracking without A/D bits',
  },
  {
    ...age_walk,
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, l.target);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.target + 1);
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte)) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        if (is_leaf_spte(l.spte) && (l.spte & SPTE.ACCESSED) !== 0) l.young = 1;
        l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'list_next'],
  },
);
