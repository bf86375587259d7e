// Which level a gfn can be mapped at (the conditions of kvm_mmu_hugepage_adjust and kvm_mmu_max_mapping_level).
// The model has 4K and 2M leafs. Left out: 1G leafs, NX huge pages, lpage disallow counts.
import { SLOT, SLOT_FLAG } from '../../../../../../aggregates/layout.js';
import type { World } from '../../../../../../aggregates/world.js';
import {
  kvm_slot_dirty_track_enabled,
  slot_has_flag,
  slot_id,
} from '../../../../../virt/kvm/kvm_main/memslots.js';
import { PG_LEVEL_2M, PG_LEVEL_4K } from '../tdp_iter.js';

/** The whole 2M entry of gfn lies in the slot, and its host memory is aligned likewise. */
export function slot_holds_huge_page(w: World, slotId: number, gfn: number): boolean {
  const span = 1 << w.entryShift(PG_LEVEL_2M);
  const base = w.slotWord(slotId, SLOT.BASE_GFN);
  const first = gfn & ~(span - 1);
  if (first < base || first + span > base + w.slotWord(slotId, SLOT.PAGES)) return false;
  return ((w.slotWord(slotId, SLOT.HVA_PAGE) - base) & (span - 1)) === 0;
}

/** Goal level of a fault. The zero page is never huge here. */
export function goal_level(w: World, slot: number, gfn: number, pfn: number): number {
  if (!slot_has_flag(slot, SLOT_FLAG.HUGE) || kvm_slot_dirty_track_enabled(slot) || pfn === 0)
    return PG_LEVEL_4K;
  return slot_holds_huge_page(w, slot_id(slot), gfn) ? PG_LEVEL_2M : PG_LEVEL_4K;
}
