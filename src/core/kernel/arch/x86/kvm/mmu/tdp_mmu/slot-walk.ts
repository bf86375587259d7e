// for_each_valid_tdp_mmu_root_yield_safe() with tdp_root_for_each_pte() in it -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// The walk over one slot in the valid roots of its address space, with mmu_lock held for read, as several functions make it:
// each adds `visit`, what it does with an entry. From `visit` on: 'next_present' after index++, 'try_step_down', 'retry'.
// Context: mmu_lock held for read; yields, without a flush. The walk references every root while it is in it.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { is_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_as_id, slot_end, slot_start } from '../../../../../virt/kvm/kvm_main/memslots.js';
import {
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

/** Under either mode of mmu_lock: into a root and out of it, into a table, and what follows a yield. */
export const slot_iter = steps(
  ['vm', 'slotId', 'root', ...TDP_ITER],
  ['next_present', 'visit', 'next_root'],
  {
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, slot_start(l.w, l.slotId));
        return 'next_present';
      },
    ],
    resched: [
      null,
      (l, yielded) => {
        if (!yielded) return 'visit';
        tdp_iter_restart(l);
        return 'tell_restarted';
      },
    ],
    tell_restarted: [(l) => tell_restarted(l), () => 'next_present'],
    try_step_down: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        if (is_nonleaf_spte(spte)) tdp_iter_step_down(l);
        else l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'next_root'],
  },
);

/** Locals of a procedure that walks with mmu_lock held for read: `changed` is its answer. */
export const SLOT_WALK = ['root', 'changed', ...TDP_ITER] as const;

/** From root to root, and in each to the next present entry. */
export const slot_walk = steps(
  ['vm', 'slotId', ...SLOT_WALK],
  ['visit', 'try_step_down', 'rcu_read_unlock'],
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_read(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 1, 1, -1),
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 1, 1, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret(l.changed);
        l.root = root;
        const other = role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== slot_as_id(l.w, l.slotId);
        return other ? 'next_root' : 'rcu_read_lock';
      },
    ],
    rcu_read_lock: slot_iter.rcu_read_lock,
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, slot_end(l.w, l.slotId));
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        return made_progress(l)
          ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 1, 0, progress_of(l))
          : 'visit';
      },
    ],
    resched: slot_iter.resched,
    tell_restarted: slot_iter.tell_restarted,
  },
);

/** After the call of tdp_mmu_set_spte_atomic for the entry. */
export const slot_walk_changed = steps(['changed', 'index'], ['retry', 'next_present'], {
  changed: [
    null,
    (l, error) => {
      if (error !== 0) return 'retry';
      l.changed = 1;
      l.index++;
      return 'next_present';
    },
  ],
});

/** Somebody else changed the entry: look at it again. */
export const slot_walk_retry = steps(['vm', ...SLOT_WALK], ['resched', 'visit'], {
  retry: [
    (l) => op.read_spte(iter_table(l), l.index),
    (l, spte) => {
      l.spte = spte;
      return made_progress(l)
        ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 1, 0, progress_of(l))
        : 'visit';
    },
  ],
});
