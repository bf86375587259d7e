// From pages of the VMM's process to the gfns and entries that map them.
import {
  HOST_PAGE_COW,
  HOST_PAGE_KIND,
  HOST_PAGE_READONLY,
  host_page_generation,
  host_page_kind,
  host_page_pfn,
} from '../aggregates/host-memory.js';
import { ADDRESS_SPACES, SLOT, SLOT_STATE } from '../aggregates/layout.js';
import { is_writable_pte } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';

const FLAGS = HOST_PAGE_READONLY | HOST_PAGE_COW;
const PAGE_MASK = (1 << 18) - 1;

/**
 * How an event changes a page: 0 nothing that a mapping could notice, 1 writes must stop, 2 all mappings must be gone. A page
 * without backing has no mappings: they had to go when it lost it, and none may be installed (I19).
 */
export function changeOf(before: number, after: number): 0 | 1 | 2 {
  const kind = host_page_kind(before);
  if (kind === HOST_PAGE_KIND.unmapped || kind === HOST_PAGE_KIND.unbacked) return 0;
  if (kind !== host_page_kind(after)) return 2;
  if (host_page_generation(before) !== host_page_generation(after)) return 2;
  return (after & ~before & FLAGS) !== 0 ? 1 : 0;
}

/** Does a mapping survive that must not? `spte` is the entry or translation of the page as it was before. */
export function outlives(change: number, spte: number): boolean {
  return change === 2 || is_writable_pte(spte);
}

/** The pfn of an entry still is what its page is backed with. Pfn 0, the zero page, belongs to many pages: always true. */
export function pfnIsCurrent(w: World, pfn: number): boolean {
  if (pfn === 0) return true;
  const page = (pfn - 1) & PAGE_MASK;
  return page < w.hostPages && host_page_pfn(page, w.s[w.hostPage(page)]) === pfn;
}

/** The next memslot, of any VM and address space, behind `after` (-1: from the first) that maps this page; -1 at the end. */
export function nextSlotOf(w: World, page: number, after: number): number {
  const ends = w.vms * ADDRESS_SPACES * w.slotsPerAddressSpace;
  for (let id = after + 1; id < ends; id++) {
    const at = w.slot(id);
    if (w.s[at + SLOT.STATE] === SLOT_STATE.none) continue;
    const offset = page - w.s[at + SLOT.HVA_PAGE];
    if (offset >= 0 && offset < w.s[at + SLOT.PAGES]) return id;
  }
  return -1;
}

export function gfnOf(w: World, slot: number, page: number): number {
  return w.slotWord(slot, SLOT.BASE_GFN) + page - w.slotWord(slot, SLOT.HVA_PAGE);
}
export function asIdOf(w: World, slot: number): number {
  return Math.floor(slot / w.slotsPerAddressSpace) % ADDRESS_SPACES;
}
export function vmOf(w: World, slot: number): number {
  return Math.floor(slot / (w.slotsPerAddressSpace * ADDRESS_SPACES));
}
