// Which level a gfn can be mapped at (the conditions of kvm_mmu_hugepage_adjust and kvm_mmu_max_mapping_level).
// The model has 4K and 2M leafs. Left out: 1G leafs, lpage disallow counts; the NX bit of large leafs (with the mitigation the first
// fault in a range decides: an instruction fetch gets 4K leafs, anything else a large one).
import { HOST_PAGE_KIND, host_page_kind } from '../../../../../../aggregates/host-memory.js';
import { SLOT, SLOT_FLAG, VM } from '../../../../../../aggregates/layout.js';
import type { World } from '../../../../../../aggregates/world.js';
import { ACCESS } from '../../../../../../events/constants.js';
import {
  gfn_to_hva_page,
  kvm_slot_dirty_track_enabled,
  slot_has_flag,
  slot_id,
  slot_vm,
} from '../../../../../virt/kvm/kvm_main/memslots.js';
import { PG_LEVEL_2M, PG_LEVEL_4K } from '../tdp_iter.js';

/**
 * The host maps these pages with one large page: all of them private and backed together. A large page of which a part is
 * being invalidated counts as split; the host's own notifier call for the split is left out.
 */
function host_maps_huge_page(w: World, vm: number, first: number, span: number): boolean {
  const word = w.s[w.hostPage(first)];
  if (host_page_kind(word) !== HOST_PAGE_KIND.private) return false;
  for (let p = first + 1; p < first + span; p++) if (w.s[w.hostPage(p)] !== word) return false;
  const at = w.vm(vm);
  if (w.s[at + VM.IN_PROGRESS] === 0) return true;
  return first >= w.s[at + VM.RANGE_END] || first + span <= w.s[at + VM.RANGE_START];
}

/** kvm_mmu_max_mapping_level() says 2M: slot, alignment and host memory allow it around gfn. */
export function can_map_huge_page(w: World, slotId: number, gfn: number): boolean {
  const span = 1 << w.entryShift(PG_LEVEL_2M);
  const base = w.slotWord(slotId, SLOT.BASE_GFN);
  const first = gfn & ~(span - 1);
  if (first < base || first + span > base + w.slotWord(slotId, SLOT.PAGES)) return false;
  if (((w.slotWord(slotId, SLOT.HVA_PAGE) - base) & (span - 1)) !== 0) return false;
  return host_maps_huge_page(w, slot_vm(w, slotId), gfn_to_hva_page(w, slotId, first), span);
}

/** The same with the mitigation of iTLB multihit (constant nxHugePages): what is executed is mapped with 4K leafs. */
export function nx_goal_level(w: World, slot: number, gfn: number, access: number): number {
  return (access & ACCESS.EXEC) !== 0 ? PG_LEVEL_4K : goal_level(w, slot, gfn);
}

/** Goal level of a fault on this copy of a slot. */
export function goal_level(w: World, slot: number, gfn: number): number {
  if (!slot_has_flag(slot, SLOT_FLAG.HUGE) || kvm_slot_dirty_track_enabled(slot)) return PG_LEVEL_4K;
  return can_map_huge_page(w, slot_id(slot), gfn) ? PG_LEVEL_2M : PG_LEVEL_4K;
}
