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

/** How an event changes a page: 0 nothing that a mapping could notice, 1 writes must stop, 2 all mappings must be gone. */
export function changeOf(before: number, after: number): 0 | 1 | 2 {
  if (host_page_kind(before) === HOST_PAGE_KIND.unmapped) return 0;
  if (host_page_kind(before) !== host_page_kind(after)) return 2;
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

/** Calls `visit` for every gfn of every VM and address space that a memslot maps to this page. */
export function forEachGfn(
  w: World,
  page: number,
  visit: (vm: number, asId: number, gfn: number) => void,
): void {
  for (let id = 0; id < w.vms * ADDRESS_SPACES * w.slotsPerAddressSpace; id++) {
    const at = w.slot(id);
    if (w.s[at + SLOT.STATE] === SLOT_STATE.none) continue;
    const offset = page - w.s[at + SLOT.HVA_PAGE];
    if (offset < 0 || offset >= w.s[at + SLOT.PAGES]) continue;
    const asIndex = Math.floor(id / w.slotsPerAddressSpace);
    visit(Math.floor(asIndex / ADDRESS_SPACES), asIndex % ADDRESS_SPACES, w.s[at + SLOT.BASE_GFN] + offset);
  }
}
