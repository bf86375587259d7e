// zap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (shared: v5.13, 6103bc074048)
// As before, inside an RCU section. With mmu_lock held for read each SPTE is frozen, flushed and cleared; and looked at again when
// somebody was faster.
// Context: mmu_lock held as flags say. Returns whether a flush is due (what was zapped under the read lock is flushed).
// Left out: need_resched.
import { is_nonleaf_spte, is_shadow_present_pte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  iter_table,
  NEXT_TABLE,
  progress_of,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_start,
  WALK_ENDS,
} from '../tdp_iter.js';
import { ZAP_SHARED, zap_covers, zap_end, zap_gfn_range_steps, zap_may_yield } from './zap_gfn_range.js';

export const zap_gfn_range_v5_12 = procedure(
  'zap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'root', 'start', 'end', 'flags', 'flush'],
    locals: TDP_ITER,
    leftOut: 'need_resched',
  },
  {
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
        const at = tdp_iter_next(l, found, zap_end(l));
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        if (!zap_may_yield(l)) return 'visit';
        return call(
          fn.tdp_mmu_iter_cond_resched,
          'resched',
          l.vm,
          l.flags & ZAP_SHARED ? 1 : 0,
          l.flush,
          progress_of(l),
        );
      },
    ],
    resched: zap_gfn_range_steps.resched,
    advance: zap_gfn_range_steps.advance,
    tell_restarted: zap_gfn_range_steps.tell_restarted,
    visit: [
      null,
      (l) => {
        if (!is_shadow_present_pte(l.spte) || (is_nonleaf_spte(l.spte) && !zap_covers(l)))
          return 'try_step_down';
        return l.flags & ZAP_SHARED
          ? call(fn.tdp_mmu_zap_spte_atomic, 'zapped_atomic', l.vm, iter_table(l), l.index, l.spte)
          : call(fn.tdp_mmu_set_spte, 'zapped', l.vm, iter_table(l), l.index, 0);
      },
    ],
    zapped: zap_gfn_range_steps.zapped,
    zapped_atomic: [
      null,
      (l, error) => {
        if (error !== 0) return 'retry';
        l.index++;
        return 'next_present';
      },
    ],
    retry: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        if (!zap_may_yield(l)) return 'visit';
        return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 1, l.flush, progress_of(l));
      },
    ],
    try_step_down: zap_gfn_range_steps.try_step_down,
    rcu_read_unlock: [() => op.rcu_read_unlock(), (l) => ret(l.flush)],
  },
);
