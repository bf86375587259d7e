// What KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG share: one word of the bitmap (64 pages) at a time.
import { SLOT } from '../../../../aggregates/layout.js';
import { dirtyWord } from '../../../../aggregates/vm.evolve.js';
import type { World } from '../../../../aggregates/world.js';
import { gfn_to_hva_page, slot_as_id } from './memslots.js';

/** Pages of one word of the dirty bitmap. */
export const BITS_PER_LONG = 64;

/** One half of the bitmap word that starts at gfn: bits of [gfn, end) of the slot that are set. */
export function dirty_bits(w: World, slotId: number, gfn: number, end: number): number {
  const asId = slot_as_id(w, slotId);
  let bits = 0;
  for (let k = 0; k < 32 && gfn + k < end; k++) {
    const page = gfn_to_hva_page(w, slotId, gfn + k);
    if ((w.s[dirtyWord(w, asId, page)] & (1 << (page & 31))) !== 0) bits |= 1 << k;
  }
  return bits;
}

/** First set bit of the 64-bit mask (low, high) at or after `from`, or 64. */
export function find_next_bit(low: number, high: number, from: number): number {
  let k = from;
  while (k < BITS_PER_LONG && !bit(low, high, k)) k++;
  return k;
}

/** First clear bit at or after `from`, or 64. */
export function find_next_zero_bit(low: number, high: number, from: number): number {
  let k = from;
  while (k < BITS_PER_LONG && bit(low, high, k)) k++;
  return k;
}

function bit(low: number, high: number, k: number): boolean {
  return ((k < 32 ? low : high) & (1 << (k & 31))) !== 0;
}

/** Dirty pages of the whole slot. */
export function dirty_pages(w: World, slotId: number): number {
  const base = w.slotWord(slotId, SLOT.BASE_GFN);
  const end = base + w.slotWord(slotId, SLOT.PAGES);
  let pages = 0;
  for (let gfn = base; gfn < end; gfn += 32) {
    for (let bits = dirty_bits(w, slotId, gfn, end); bits !== 0; bits &= bits - 1) pages++;
  }
  return pages;
}
