// kvm_tdp_mmu_test_age_gfn() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (526e609f0567: valid roots only, v6.13)
// Whether a leaf that maps gfn has its Accessed bit set, in any valid root of the address space, without mmu_lock.
// Context: no lock, RCU read section. Returns 1 when accessed.
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
import { rcu_age_walk } from './rcu-age-walk.js';

export const kvm_tdp_mmu_test_age_gfn_v6_14 = procedure(
  'kvm_tdp_mmu_test_age_gfn',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'asId', 'target'],
    locals: ['root', 'young', ...TDP_ITER],
    leftOut: 'access tracking without A/D bits',
  },
  {
    ...rcu_age_walk,
    walk_root: [
      null,
      (l) => {
        tdp_iter_start(l, l.target);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.target + 1);
        if (at === WALK_ENDS) return 'list_next';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte) && l.level > 1) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        if (is_leaf_spte(l.spte) && (l.spte & SPTE.ACCESSED) !== 0) l.young = 1;
        l.index++;
        return 'next_present';
      },
    ],
  },
);
