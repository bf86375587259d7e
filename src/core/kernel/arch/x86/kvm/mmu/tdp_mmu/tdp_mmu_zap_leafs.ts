// tdp_mmu_zap_leafs() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (cf3e26427c08)
// Zaps the leafs of one root in [start, end). Tables stay, so nothing can be freed before the caller's flush; a pending flush
// is done before a yield and then forgotten.
// Context: mmu_lock held for write. Returns whether the caller must flush before it releases mmu_lock.
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { is_leaf_spte, is_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  iter_table,
  made_progress,
  NEXT_TABLE,
  progress_of,
  TDP_ITER,
  type TdpIter,
  tdp_iter_next,
  tdp_iter_restart,
  tdp_iter_start,
  tdp_iter_step_down,
  tell_restarted,
  WALK_ENDS,
} from '../tdp_iter.js';

/** What to do with the entry at hand. */
function visit(l: TdpIter & { vm: number }): 'next_present' | 'zapped' | '#call' {
  if (is_leaf_spte(l.spte)) {
    return call(fn.tdp_mmu_set_spte, 'zapped', l.vm, iter_table(l), l.index, 0) as 'zapped' | '#call';
  }
  if (is_nonleaf_spte(l.spte)) tdp_iter_step_down(l);
  else l.index++;
  return 'next_present';
}

/** The walk, but for what a zapped leaf entails. */
export const zap_leafs_walk = steps(
  ['vm', 'root', 'start', 'end', 'canYield', 'flush', ...TDP_ITER],
  ['zapped', 'rcu_read_unlock'],
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'rcu_read_lock',
    ],
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
        if (l.canYield && made_progress(l)) {
          return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 0, l.flush, progress_of(l));
        }
        return visit(l);
      },
    ],
    resched: [
      null,
      (l, yielded) => {
        if (!yielded) return visit(l);
        l.flush = 0;
        tdp_iter_restart(l);
        return 'tell_restarted';
      },
    ],
    tell_restarted: [(l) => tell_restarted(l), () => 'next_present'],
  },
);

export const tdp_mmu_zap_leafs = procedure(
  'tdp_mmu_zap_leafs',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'root', 'start', 'end', 'canYield', 'flush'],
    locals: [...TDP_ITER],
    leftOut: 'nothing',
  },
  {
    ...zap_leafs_walk,
    zapped: [
      null,
      (l) => {
        l.flush = 1;
        l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), (l) => ret(l.flush)],
  },
);
