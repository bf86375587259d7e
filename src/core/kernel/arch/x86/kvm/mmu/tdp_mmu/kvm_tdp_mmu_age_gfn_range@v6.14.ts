// kvm_tdp_mmu_age_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (526e609f0567: valid roots only, v6.13)
// Clears the Accessed bit of the leafs of [start, end) in the valid roots of the address space, without mmu_lock: one cmpxchg an
// SPTE; who loses it looks again.
// Context: no lock, RCU read section. Returns whether any leaf had been accessed.
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

export const kvm_tdp_mmu_age_gfn_range_v6_14 = procedure(
  'kvm_tdp_mmu_age_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'asId', 'start', 'end'],
    locals: ['root', 'young', ...TDP_ITER],
    leftOut: 'access tracking without A/D bits',
  },
  {
    ...rcu_age_walk,
    walk_root: [
      null,
      (l) => {
        tdp_iter_start(l, l.start);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.end);
        if (at === WALK_ENDS) return 'list_next';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte) && l.level > 1) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        if (is_leaf_spte(l.spte) && (l.spte & SPTE.ACCESSED) !== 0) return 'try_cmpxchg';
        l.index++;
        return 'next_present';
      },
    ],
    try_cmpxchg: [
      (l) => op.try_cmpxchg_spte(iter_table(l), l.index, l.spte, l.spte & ~SPTE.ACCESSED),
      (l, exchanged) => {
        if (!exchanged) return 'next_present';
        l.young = 1;
        l.index++;
        return 'next_present';
      },
    ],
  },
);
