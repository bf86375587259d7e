// What KVM_GET_DIRTY_LOG and KVM_CLEAR_DIRTY_LOG share: one word of the bitmap (64 pages) at a time.
import { LOCK_KIND, SLOT } from '../../../../aggregates/layout.js';
import { dirtyWord } from '../../../../aggregates/vm.evolve.js';
import type { World } from '../../../../aggregates/world.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, ret, steps } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { gfn_to_hva_page, slot_as_id } from './memslots.js';

/** Pages of one word of the dirty bitmap. */
export const BITS_PER_LONG = 64;

/** One half of the bitmap word that starts at gfn: bits of [gfn, end) of the slot that are set. */
function dirty_bits(w: World, slotId: number, gfn: number, end: number): number {
  const asId = slot_as_id(w, slotId);
  let bits = 0;
  for (let k = 0; k < 32 && gfn + k < end; k++) {
    const page = gfn_to_hva_page(w, slotId, gfn + k);
    if ((w.s[dirtyWord(w, asId, page)] & (1 << (page & 31))) !== 0) bits |= 1 << k;
  }
  return bits;
}

/** First set bit of the 64-bit mask (low, high) at or after `from`, or 64. */
function find_next_bit(low: number, high: number, from: number): number {
  let k = from;
  while (k < BITS_PER_LONG && !bit(low, high, k)) k++;
  return k;
}

/** First clear bit at or after `from`, or 64. */
function find_next_zero_bit(low: number, high: number, from: number): number {
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

/**
 * From mmu_lock on, in one write section: takes the bits of [gfn, end) word by word, write-protects (or clears the dirty bits
 * of) what they name; then flushes and leaves slots_lock. Returns pages taken, or a negative `result`.
 */
export const take_dirty_log = steps(
  ['vm', 'slotId', 'gfn', 'end', 'low', 'high', 'bit', 'pages', 'result'],
  [],
  {
    mmu_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'next_word'],
    // A word that is empty is skipped; a bit that is set after its word was read stays for the next call.
    next_word: [
      null,
      (l) => {
        for (; l.gfn < l.end; l.gfn += BITS_PER_LONG) {
          l.low = dirty_bits(l.w, l.slotId, l.gfn, l.end);
          l.high = dirty_bits(l.w, l.slotId, l.gfn + 32, l.end);
          if (l.low !== 0 || l.high !== 0) return 'xchg';
        }
        return 'mmu_unlock';
      },
    ],
    xchg: [
      (l) => op.slot_event(E.DirtyBitsCleared, l.slotId, l.gfn, l.low, l.high),
      (l) => {
        l.bit = 0;
        return 'enable_log_dirty_pt_masked';
      },
    ],
    // The kernel hands the mask over at once; here each run of set bits.
    enable_log_dirty_pt_masked: [
      null,
      (l) => {
        const from = find_next_bit(l.low, l.high, l.bit);
        if (from === BITS_PER_LONG) {
          l.gfn += BITS_PER_LONG;
          return 'next_word';
        }
        l.bit = find_next_zero_bit(l.low, l.high, from);
        l.pages += l.bit - from;
        return call(
          fn.kvm_arch_mmu_enable_log_dirty_pt_masked,
          'enable_log_dirty_pt_masked',
          l.vm,
          l.slotId,
          l.gfn + from,
          l.bit - from,
        );
      },
    ],
    mmu_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => (l.pages > 0 ? call(fn.kvm_flush_remote_tlbs, 'taken', l.vm) : 'taken'),
    ],
    taken: [(l) => op.slot_event(E.DirtyLogTaken, l.slotId, l.pages), () => 'slots_unlock'],
    slots_unlock: [
      (l) => op.mutex_unlock(l.w.lockId(l.vm, LOCK_KIND.slots_lock)),
      (l) => ret(l.result < 0 ? l.result : l.pages),
    ],
  },
);
