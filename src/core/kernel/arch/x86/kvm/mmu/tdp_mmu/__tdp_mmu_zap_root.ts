// __tdp_mmu_zap_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (1b6043e8e584)
// One pass: every present SPTE at zapLevel or below (within the levels that the pass steps down to) becomes NONPRESENT.
// Shared: cmpxchg, and again when somebody was faster. Yields for a waiter once a gfn step was made; no flush.
// Context: mmu_lock held as `shared` says, inside the caller's RCU section. Returns how many SPTEs this pass removed.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { is_nonleaf_spte, is_shadow_present_pte } from '../../../../../../aggregates/spte.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  GFN_END,
  iter_table,
  made_progress,
  NEXT_TABLE,
  progress_of,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_restart,
  tdp_iter_start,
  tdp_iter_step_down,
  tell_restarted,
  WALK_ENDS,
} from '../tdp_iter.js';

export const __tdp_mmu_zap_root = procedure(
  '__tdp_mmu_zap_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'root', 'shared', 'zapLevel'],
    locals: ['removed', ...TDP_ITER],
    leftOut: 'nothing',
  },
  {
    tdp_iter_start: [
      null,
      (l) => {
        tdp_iter_start(l, 0);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, GFN_END);
        if (at === WALK_ENDS) return ret(l.removed);
        if (at === NEXT_TABLE) return 'next_present';
        if (made_progress(l))
          return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, l.shared, 0, progress_of(l));
        return 'visit';
      },
    ],
    resched: [null, (_l, yielded) => (yielded ? 'tell_yielded' : 'visit')],
    tell_yielded: [
      (l) => {
        const at = l.w.page(l.root);
        op.tell_root(E.RootZapYielded, l.w.s[at + PAGE.SERIAL], l.shared, l.w.s[at + PAGE.REFCOUNT], l.root);
      },
      (l) => {
        tdp_iter_restart(l);
        return 'tell_restarted';
      },
    ],
    tell_restarted: [(l) => tell_restarted(l), () => 'next_present'],
    visit: [
      null,
      (l) => {
        if (!is_shadow_present_pte(l.spte) || l.level > l.zapLevel) return 'try_step_down';
        return l.shared === 1
          ? call(fn.tdp_mmu_set_spte_atomic, 'zapped', l.vm, iter_table(l), l.index, l.spte, 0)
          : call(fn.tdp_mmu_set_spte, 'zapped', l.vm, iter_table(l), l.index, 0);
      },
    ],
    zapped: [
      null,
      (l, error) => {
        if (error !== 0) return 'retry';
        l.removed++;
        l.index++;
        return 'next_present';
      },
    ],
    // cmpxchg lost: look at what is there now, as after any other step (a yield is possible here, too).
    retry: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        if (made_progress(l))
          return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, l.shared, 0, progress_of(l));
        return 'visit';
      },
    ],
    try_step_down: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        if (is_nonleaf_spte(spte) && l.level > 1) tdp_iter_step_down(l);
        else l.index++;
        return 'next_present';
      },
    ],
  },
);
