// kvm_tdp_mmu_wrprot_slot() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (as of v5.18)
// Write-protects the leafs of one slot, those of minLevel and above, in the valid roots of its address space.
// Context: mmu_lock held for read; yields, without a flush. The walk references every valid root. Returns whether any SPTE changed.
// Left out: nothing.
import { is_leaf_spte, is_nonleaf_spte, is_writable_pte, SPTE } from '../../../../../../aggregates/spte.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { iter_table } from '../tdp_iter.js';
import { SLOT_WALK, slot_iter, slot_walk, slot_walk_changed, slot_walk_retry } from './slot-walk.js';

export const kvm_tdp_mmu_wrprot_slot_v5_13 = procedure(
  'kvm_tdp_mmu_wrprot_slot',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'slotId', 'minLevel'],
    locals: SLOT_WALK,
    leftOut: 'nothing',
  },
  {
    ...slot_walk,
    visit: [
      null,
      (l) => {
        if (is_nonleaf_spte(l.spte) && l.level > l.minLevel) return 'try_step_down';
        if (!is_leaf_spte(l.spte) || !is_writable_pte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        const spte = l.spte & ~SPTE.WRITABLE;
        return call(fn.tdp_mmu_set_spte_atomic, 'changed', l.vm, iter_table(l), l.index, l.spte, spte);
      },
    ],
    try_step_down: slot_iter.try_step_down,
    ...slot_walk_changed,
    ...slot_walk_retry,
    rcu_read_unlock: slot_iter.rcu_read_unlock,
  },
);
