// kvm_tdp_mmu_zap_collapsible_sptes() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (as of v5.18)
// Zaps the tables of one slot that could be large leafs, so that the next faults install those, in the valid roots of its
// address space. Each zap is three steps (tdp_mmu_zap_spte_atomic): freeze, flush, clear: nobody may install a translation
// while CPUs can still hold the old one.
// Context: mmu_lock held for read; yields. The walk references every valid root. Returns whether any SPTE changed.
// Left out: nothing.
import { SLOT, SLOT_FLAG } from '../../../../../../aggregates/layout.js';
import { is_nonleaf_spte, REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import type { World } from '../../../../../../aggregates/world.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { can_map_huge_page } from '../mmu/huge-pages.js';
import { iter_table, PG_LEVEL_2M } from '../tdp_iter.js';
import { SLOT_WALK, slot_iter, slot_walk, slot_walk_retry } from './slot-walk.js';

/** kvm_mmu_max_mapping_level() says 2M for this entry. */
export function collapsible(w: World, slotId: number, gfn: number): boolean {
  return (w.slotWord(slotId, SLOT.FLAGS) & SLOT_FLAG.HUGE) !== 0 && can_map_huge_page(w, slotId, gfn);
}

export const kvm_tdp_mmu_zap_collapsible_sptes_v5_13 = procedure(
  'kvm_tdp_mmu_zap_collapsible_sptes',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'slotId'],
    locals: SLOT_WALK,
    leftOut: 'nothing',
  },
  {
    ...slot_walk,
    visit: [
      null,
      (l) => {
        if (!is_nonleaf_spte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        if (l.level > PG_LEVEL_2M) return 'try_step_down';
        if (!collapsible(l.w, l.slotId, l.gfn)) {
          l.index++;
          return 'next_present';
        }
        return call(fn.tdp_mmu_set_spte_atomic, 'frozen', l.vm, iter_table(l), l.index, l.spte, REMOVED_SPTE);
      },
    ],
    frozen: [
      null,
      (l, error) => (error !== 0 ? 'retry' : call(fn.kvm_flush_remote_tlbs, 'clear_spte', l.vm)),
    ],
    clear_spte: [null, () => 'write_spte'],
    write_spte: [
      (l) => op.write_spte(iter_table(l), l.index, 0),
      (l) => {
        l.changed = 1;
        l.index++;
        return 'next_present';
      },
    ],
    try_step_down: slot_iter.try_step_down,
    ...slot_walk_retry,
    rcu_read_unlock: slot_iter.rcu_read_unlock,
  },
);
