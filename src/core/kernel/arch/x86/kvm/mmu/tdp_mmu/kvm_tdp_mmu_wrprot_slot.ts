// kvm_tdp_mmu_wrprot_slot() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Write-protects the leafs of one slot, those of minLevel and above, in all roots of its address space.
// Context: mmu_lock held (a spinlock); yields. The walk references every root. Returns whether any SPTE changed.
// Left out: nothing.
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { iter_table } from '../tdp_iter.js';
import { SLOT_WALK_EXCLUSIVE, slot_walk_exclusive } from './slot-walk-exclusive.js';

export const kvm_tdp_mmu_wrprot_slot = procedure(
  'kvm_tdp_mmu_wrprot_slot',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'slotId', 'minLevel'],
    locals: SLOT_WALK_EXCLUSIVE,
    leftOut: 'nothing',
  },
  {
    ...slot_walk_exclusive,
    visit: [
      null,
      (l) => {
        if (is_nonleaf_spte(l.spte) && l.level > l.minLevel) return 'step_down';
        if (!is_leaf_spte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        // Written whether it changes or not.
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, l.spte & ~SPTE.WRITABLE);
      },
    ],
  },
);
