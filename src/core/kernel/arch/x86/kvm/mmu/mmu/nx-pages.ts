// Which tables NX recovery takes (possible_nx_huge_pages, lpage_disallowed_mmu_pages): those that exist only because of the
// mitigation. The kernel keeps them on a list from when they are linked; here a table is looked at when it is asked for: 4K leafs, linked,
// and its range could be mapped by one large leaf. Thread-local reading under mmu_lock. Left out: the list's order (page address here).
import {
  ADDRESS_SPACES,
  MACHINE,
  PAGE,
  PAGE_KIND,
  SLOT,
  SLOT_FLAG,
  SLOT_STATE,
} from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import type { World } from '../../../../../../aggregates/world.js';
import { slot_end, slot_start } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { can_map_huge_page } from './huge-pages.js';

/** Address space of the tree that a linked table is in, -1 if it is in none. */
export function sp_as_id(w: World, table: number): number {
  let at = table;
  while (w.pageWord(at, PAGE.KIND) === PAGE_KIND.table) {
    const ptep = w.pageWord(at, PAGE.PARENT);
    if (ptep === 0) return -1;
    at = (ptep - w.entry(0, 0)) >>> w.tableBits;
  }
  return w.pageWord(at, PAGE.KIND) === PAGE_KIND.root ? role_as_id(w.pageWord(at, PAGE.ROLE)) : -1;
}

/** The slot of this address space that holds gfn, or -1. */
export function slot_of(w: World, vm: number, asId: number, gfn: number): number {
  for (let k = 0; k < w.slotsPerAddressSpace; k++) {
    const id = w.slotId(vm, asId, k);
    if (w.slotWord(id, SLOT.STATE) === SLOT_STATE.none) continue;
    if (gfn >= slot_start(w, id) && gfn < slot_end(w, id)) return id;
  }
  return -1;
}

/** The next table after page `after` that only the mitigation keeps, or -1. */
export function next_nx_table(w: World, vm: number, after: number): number {
  for (let p = after + 1; p < w.machineWord(MACHINE.PAGES_HIGH); p++) {
    const at = w.page(p);
    if (w.s[at + PAGE.KIND] !== PAGE_KIND.table || w.s[at + PAGE.LEVEL] !== 1) continue;
    if (w.s[at + PAGE.VM] !== vm || w.s[at + PAGE.LINKED] === 0) continue;
    const asId = sp_as_id(w, p);
    if (asId < 0 || asId >= ADDRESS_SPACES) continue;
    const slot = slot_of(w, vm, asId, w.s[at + PAGE.GFN]);
    if (slot < 0 || (w.slotWord(slot, SLOT.FLAGS) & SLOT_FLAG.HUGE) === 0) continue;
    if (can_map_huge_page(w, slot, w.s[at + PAGE.GFN])) return p;
  }
  return -1;
}
