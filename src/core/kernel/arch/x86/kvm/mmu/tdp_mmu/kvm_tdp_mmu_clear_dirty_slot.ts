// kvm_tdp_mmu_clear_dirty_slot() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Clears the Dirty bit of the leafs of one slot in all roots of its address space (dirty logging by hardware).
// Context: mmu_lock held (a spinlock); yields. The walk references every root. Returns whether any SPTE changed.
// Left out: SPTEs without A/D bits.
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { iter_table } from '../tdp_iter.js';
import { SLOT_WALK_EXCLUSIVE, slot_walk_exclusive } from './slot-walk-exclusive.js';

export const kvm_tdp_mmu_clear_dirty_slot = procedure(
  'kvm_tdp_mmu_clear_dirty_slot',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'slotId'],
    locals: SLOT_WALK_EXCLUSIVE,
    leftOut: 'SPTEs without A/D bits',
  },
  {
    ...slot_walk_exclusive,
    visit: [
      null,
      (l) => {
        if (is_nonleaf_spte(l.spte)) return 'step_down';
        if (!is_leaf_spte(l.spte) || (l.spte & SPTE.DIRTY) === 0) {
          l.index++;
          return 'next_present';
        }
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, l.spte & ~SPTE.DIRTY);
      },
    ],
  },
);
