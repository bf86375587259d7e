// SPTEs as decoded fields in one word. Names follow arch/x86/kvm/mmu/spte.h; the bit positions are ours.
// 0 is NONPRESENT, so an empty table is a zeroed one.

export const SPTE_KIND = { NONPRESENT: 0, NONLEAF: 1, LEAF: 2, MMIO: 3, REMOVED: 4 } as const;
const KIND_MASK = 7;
export const SPTE = { WRITABLE: 8, MMU_WRITABLE: 16, ACCESSED: 32, DIRTY: 64, EXEC: 128 } as const;
const PAYLOAD_SHIFT = 8;

/** The value that marks a frozen entry; only the thread that froze it may change it. */
export const REMOVED_SPTE = SPTE_KIND.REMOVED;

export function make_nonleaf_spte(child: number): number {
  return (child << PAYLOAD_SHIFT) | SPTE.ACCESSED | SPTE.WRITABLE | SPTE_KIND.NONLEAF;
}

export function make_leaf_spte(pfn: number, flags: number): number {
  return (pfn << PAYLOAD_SHIFT) | flags | SPTE_KIND.LEAF;
}

/** The same leaf, `pages` further on. */
export function spte_plus_pages(spte: number, pages: number): number {
  return (spte + (pages << PAYLOAD_SHIFT)) | 0;
}

export function make_mmio_spte(generation: number): number {
  return ((generation & 0xffff) << PAYLOAD_SHIFT) | SPTE_KIND.MMIO;
}

export function spte_kind(spte: number): number {
  return spte & KIND_MASK;
}

export function is_shadow_present_pte(spte: number): boolean {
  const k = spte & KIND_MASK;
  return k === SPTE_KIND.NONLEAF || k === SPTE_KIND.LEAF;
}

export function is_leaf_spte(spte: number): boolean {
  return (spte & KIND_MASK) === SPTE_KIND.LEAF;
}

export function is_nonleaf_spte(spte: number): boolean {
  return (spte & KIND_MASK) === SPTE_KIND.NONLEAF;
}

export function is_removed_spte(spte: number): boolean {
  return (spte & KIND_MASK) === SPTE_KIND.REMOVED;
}

export function is_mmio_spte(spte: number): boolean {
  return (spte & KIND_MASK) === SPTE_KIND.MMIO;
}

export function is_writable_pte(spte: number): boolean {
  return (spte & SPTE.WRITABLE) !== 0;
}

/** Page address of the child table of a non-leaf entry. */
export function spte_to_child(spte: number): number {
  return spte >>> PAYLOAD_SHIFT;
}

export function spte_to_pfn(spte: number): number {
  return spte >>> PAYLOAD_SHIFT;
}
