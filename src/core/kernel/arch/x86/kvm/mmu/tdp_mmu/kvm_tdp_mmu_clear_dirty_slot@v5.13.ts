// kvm_tdp_mmu_clear_dirty_slot() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (as of v5.18)
// Clears the Dirty bit of the leafs of one slot in the valid roots of its address space (dirty logging by hardware).
// Context: mmu_lock held for read; yields, without a flush. The walk references every valid root. Returns whether any SPTE changed.
// Left out: SPTEs without A/D bits, which are write-protected instead.
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { iter_table } from '../tdp_iter.js';
import { SLOT_WALK, slot_iter, slot_walk, slot_walk_changed, slot_walk_retry } from './slot-walk.js';

export const kvm_tdp_mmu_clear_dirty_slot_v5_13 = procedure(
  'kvm_tdp_mmu_clear_dirty_slot',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'slotId'],
    locals: SLOT_WALK,
    leftOut: 'SPTEs without A/D bits',
  },
  {
    ...slot_walk,
    visit: [
      null,
      (l) => {
        if (is_nonleaf_spte(l.spte)) return 'try_step_down';
        if (!is_leaf_spte(l.spte) || (l.spte & SPTE.DIRTY) === 0) {
          l.index++;
          return 'next_present';
        }
        const spte = l.spte & ~SPTE.DIRTY;
        return call(fn.tdp_mmu_set_spte_atomic, 'changed', l.vm, iter_table(l), l.index, l.spte, spte);
      },
    ],
    try_step_down: slot_iter.try_step_down,
    ...slot_walk_changed,
    ...slot_walk_retry,
    rcu_read_unlock: slot_iter.rcu_read_unlock,
  },
);
