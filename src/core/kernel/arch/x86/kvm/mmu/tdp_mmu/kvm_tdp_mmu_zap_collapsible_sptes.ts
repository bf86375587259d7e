// kvm_tdp_mmu_zap_collapsible_sptes() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Zaps the tables of one slot that could be large leafs, so that the next faults install those, in all roots of its address space.
// Context: mmu_lock held (a spinlock); yields. The walk references every root. Returns whether any SPTE changed.
// Left out: nothing.
import { is_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { iter_table, PG_LEVEL_2M } from '../tdp_iter.js';
import { collapsible } from './kvm_tdp_mmu_zap_collapsible_sptes@v5.13.js';
import { SLOT_WALK_EXCLUSIVE, slot_walk_exclusive } from './slot-walk-exclusive.js';

export const kvm_tdp_mmu_zap_collapsible_sptes = procedure(
  'kvm_tdp_mmu_zap_collapsible_sptes',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'slotId'],
    locals: SLOT_WALK_EXCLUSIVE,
    leftOut: 'nothing',
  },
  {
    ...slot_walk_exclusive,
    visit: [
      null,
      (l) => {
        if (!is_nonleaf_spte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        if (l.level > PG_LEVEL_2M) return 'step_down';
        if (!collapsible(l.w, l.slotId, l.gfn)) {
          l.index++;
          return 'next_present';
        }
        l.flush = 1;
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, 0);
      },
    ],
  },
);
