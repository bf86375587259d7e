// kvm_tdp_mmu_try_split_huge_pages() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (7c554d8e51a9: valid roots only)
// Splits the large leafs of one slot down to targetLevel, in the valid roots of its address space, before dirty logging
// write-protects it. Best effort.
// Context: mmu_lock held, read (shared) or write; yields, without a flush. The walk references every valid root.
// Left out: allocation failure, and the early exit that puts the root then; allocation outside of mmu_lock.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { is_leaf_spte } from '../../../../../../aggregates/spte.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_as_id, slot_end } from '../../../../../virt/kvm/kvm_main/memslots.js';
import {
  iter_table,
  made_progress,
  NEXT_TABLE,
  progress_of,
  TDP_ITER,
  tdp_iter_next,
  WALK_ENDS,
} from '../tdp_iter.js';
import { slot_iter } from './slot-walk.js';

export const kvm_tdp_mmu_try_split_huge_pages = procedure(
  'kvm_tdp_mmu_try_split_huge_pages',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'slotId', 'targetLevel', 'shared'],
    locals: ['root', ...TDP_ITER],
    leftOut: 'allocation failure, allocation outside of mmu_lock',
  },
  {
    lockdep_assert: [
      (l) =>
        op.lockdep_assert_held(
          l.w.lockId(l.vm, LOCK_KIND.mmu_lock),
          l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write,
        ),
      (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, l.shared, 1, -1),
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, l.shared, 1, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret();
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
          ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, l.shared, 0, progress_of(l))
          : 'visit';
      },
    ],
    resched: slot_iter.resched,
    tell_restarted: slot_iter.tell_restarted,
    visit: [
      null,
      (l) => {
        // The walk steps down to targetLevel + 1: the leafs there are the last that are too large.
        if (l.level === l.targetLevel + 1 && !is_leaf_spte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        if (!is_leaf_spte(l.spte)) return 'try_step_down';
        return call(fn.tdp_mmu_split_huge_page, 'split', l.vm, iter_table(l), l.index, l.shared);
      },
    ],
    // Whether it was split here or changed by somebody else: look at the entry again.
    split: [null, () => 'retry'],
    retry: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        return made_progress(l)
          ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, l.shared, 0, progress_of(l))
          : 'visit';
      },
    ],
    try_step_down: slot_iter.try_step_down,
    rcu_read_unlock: slot_iter.rcu_read_unlock,
  },
);
