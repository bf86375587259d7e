// Look-ups in memslots. A fault works on the COPY of the slot that it found: state and flags as they were then. Slot words
// that stay what they are while anybody holds a valid copy (base gfn, pages, hva) are read where they are needed.
import { ADDRESS_SPACES, SLOT, SLOT_FLAG, SLOT_STATE } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';

const FLAGS_SHIFT = 12;
const INVALID = 1 << 24;

/** struct kvm_memory_slot as found: slot number, flags and the INVALID mark in one word; -1 for no slot. */
export function slot_copy(w: World, slotId: number): number {
  if (slotId < 0) return -1;
  const invalid = w.slotWord(slotId, SLOT.STATE) === SLOT_STATE.invalid ? INVALID : 0;
  return slotId | (w.slotWord(slotId, SLOT.FLAGS) << FLAGS_SHIFT) | invalid;
}

/** Slot number of a copy (a plain slot number is its own). */
export const slot_id = (copy: number): number => copy & ((1 << FLAGS_SHIFT) - 1);
export const slot_is_invalid = (copy: number): boolean => (copy & INVALID) !== 0;
export const slot_has_flag = (copy: number, flag: number): boolean => ((copy >> FLAGS_SHIFT) & flag) !== 0;
export const kvm_slot_dirty_track_enabled = (copy: number): boolean =>
  slot_has_flag(copy, SLOT_FLAG.LOG_DIRTY_PAGES);

/** Host page of gfn in this slot. */
export function gfn_to_hva_page(w: World, slotId: number, gfn: number): number {
  return w.slotWord(slotId, SLOT.HVA_PAGE) + gfn - w.slotWord(slotId, SLOT.BASE_GFN);
}

/** VM of a slot number. */
export function slot_vm(w: World, slotId: number): number {
  return Math.floor(slotId / (w.slotsPerAddressSpace * ADDRESS_SPACES));
}

/** Address space of a slot number. */
export function slot_as_id(w: World, slotId: number): number {
  return Math.floor(slotId / w.slotsPerAddressSpace) % ADDRESS_SPACES;
}

export function slot_start(w: World, slotId: number): number {
  return w.slotWord(slotId, SLOT.BASE_GFN);
}
export function slot_end(w: World, slotId: number): number {
  return w.slotWord(slotId, SLOT.BASE_GFN) + w.slotWord(slotId, SLOT.PAGES);
}

/**
 * Next slot of the VM after slot number `after` (-1: from the first) that maps part of [start, end) of the process: address
 * space 0 first, INVALID slots included. -1 when there is none.
 */
export function next_slot_in_hva_range(
  w: World,
  vm: number,
  after: number,
  start: number,
  end: number,
): number {
  const last = w.slotId(vm, ADDRESS_SPACES, 0);
  for (let id = after < 0 ? w.slotId(vm, 0, 0) : after + 1; id < last; id++) {
    if (w.slotWord(id, SLOT.STATE) === SLOT_STATE.none) continue;
    const hva = w.slotWord(id, SLOT.HVA_PAGE);
    if (hva < end && start < hva + w.slotWord(id, SLOT.PAGES)) return id;
  }
  return -1;
}

/** First gfn, and gfn past the last, of [start, end) of the process within the slot. */
export function hva_range_start_gfn(w: World, slotId: number, start: number): number {
  const hva = w.slotWord(slotId, SLOT.HVA_PAGE);
  return w.slotWord(slotId, SLOT.BASE_GFN) + Math.max(start, hva) - hva;
}
export function hva_range_end_gfn(w: World, slotId: number, end: number): number {
  const hva = w.slotWord(slotId, SLOT.HVA_PAGE);
  return w.slotWord(slotId, SLOT.BASE_GFN) + Math.min(end, hva + w.slotWord(slotId, SLOT.PAGES)) - hva;
}

/**
 * First page of the aligned run of `span` pages around hvaPage, where a slot of the VM asks for large host pages (HUGE) and
 * holds the whole run; else -1.
 */
export function huge_hva_start(w: World, vm: number, hvaPage: number, span: number): number {
  const first = hvaPage & ~(span - 1);
  for (let id = w.slotId(vm, 0, 0); id < w.slotId(vm, ADDRESS_SPACES, 0); id++) {
    if (w.slotWord(id, SLOT.STATE) === SLOT_STATE.none || !(w.slotWord(id, SLOT.FLAGS) & SLOT_FLAG.HUGE))
      continue;
    const hva = w.slotWord(id, SLOT.HVA_PAGE);
    if (first >= hva && first + span <= hva + w.slotWord(id, SLOT.PAGES)) return first;
  }
  return -1;
}
