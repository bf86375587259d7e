// for_each_tdp_mmu_root_yield_safe() with tdp_root_for_each_pte() in it -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 (until v5.12)
// The walk over one slot in the roots of its address space, with mmu_lock held exclusively, as several functions make it: each adds
// `visit`, what it does with an entry; from `visit` on: 'next_present' after index++, 'step_down', 'changed' after a store. The walk
// asks for a yield behind each store, and begins again AT the entry that it has just changed: constant yieldNeedsProgress 0 lets it
// yield there again and again (B23; ed5e484b79e8).
// Context: mmu_lock held (a spinlock). The walk references every root while it is in it.
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

/** Locals of a procedure that walks so: `changed` is its answer, `flush` 1 makes a yield flush first. */
export const SLOT_WALK_EXCLUSIVE = ['root', 'changed', 'flush', ...TDP_ITER] as const;

export const slot_walk_exclusive = steps(['vm', 'slotId', ...SLOT_WALK_EXCLUSIVE], ['visit'], {
  lockdep_assert: [
    (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
    (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 0, -1),
  ],
  next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 0, -1)],
  root: [
    null,
    (l, root) => {
      if (root < 0) return ret(l.changed);
      l.root = root;
      if (role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== slot_as_id(l.w, l.slotId)) return 'next_root';
      tdp_iter_start(l, slot_start(l.w, l.slotId));
      return 'next_present';
    },
  ],
  next_present: [
    (l) => op.next_present(iter_table(l), l.index),
    (l, found) => {
      const at = tdp_iter_next(l, found, slot_end(l.w, l.slotId));
      if (at === WALK_ENDS) return 'next_root';
      return at === NEXT_TABLE ? 'next_present' : 'visit';
    },
  ],
  step_down: [
    (l) => op.read_spte(iter_table(l), l.index),
    (l, spte) => {
      l.spte = spte;
      if (is_nonleaf_spte(spte)) tdp_iter_step_down(l);
      else l.index++;
      return 'next_present';
    },
  ],
  changed: [
    null,
    (l) => {
      l.changed = 1;
      if (l.env.constants.yieldNeedsProgress === 0 || made_progress(l))
        return call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 0, l.flush, progress_of(l));
      l.index++;
      return 'next_present';
    },
  ],
  resched: [
    null,
    (l, yielded) => {
      if (!yielded) {
        l.index++;
        return 'next_present';
      }
      tdp_iter_restart(l);
      return 'tell_restarted';
    },
  ],
  tell_restarted: [(l) => tell_restarted(l), () => 'next_present'],
});
