// Per-CPU translation caches: direct-mapped, tagged by root ADDRESS (that is what the hardware knows), three words an
// entry: address + 1 of the root (0 = empty), key, value. A real TLB is set-associative; conflicts only cost walks.
import { OUTER_ROOTS, TLB_WORDS } from './layout.js';
import type { World } from './world.js';

/** Offset of the entry that may hold gfn. */
export function tlbSlot(w: World, cpu: number, gfn: number): number {
  const entries = w.layout.topology.tlbEntries;
  return w.layout.tlb + (cpu * entries + (gfn & (entries - 1))) * TLB_WORDS;
}

/** The cached leaf entry for gfn under this root, or 0. */
export function tlbLookup(w: World, cpu: number, root: number, gfn: number): number {
  const at = tlbSlot(w, cpu, gfn);
  return w.s[at] === root + 1 && w.s[at + 1] === gfn ? w.s[at + 2] : 0;
}

/** Key of a paging-structure entry: the gfn prefix that the entry translates, with its level. */
export function pscKey(w: World, gfn: number, level: number): number {
  return ((gfn >>> w.entryShift(level)) << 3) | level;
}

/** Cached child table of the entry of this level for gfn, or -1. */
export function pscLookup(w: World, cpu: number, root: number, gfn: number, level: number): number {
  const entries = w.layout.topology.pscEntries;
  if (entries === 0) return -1;
  const key = pscKey(w, gfn, level);
  const at = w.layout.psc + (cpu * entries + (key & (entries - 1))) * TLB_WORDS;
  return w.s[at] === root + 1 && w.s[at + 1] === key ? w.s[at + 2] : -1;
}

/** The outer hypervisor's shadow of gfn under this root, or 0. */
export function outerLookup(w: World, cpu: number, root: number, gfn: number): number {
  const entries = w.layout.topology.outerEntries;
  if (entries === 0) return 0;
  const at = w.layout.outer + (cpu * entries + (gfn & (entries - 1))) * TLB_WORDS;
  return w.s[at] === root + 1 && w.s[at + 1] === gfn ? w.s[at + 2] : 0;
}

/** True when the outer hypervisor has tables for this root. By birth: it notices that a page was freed and used again. */
export function outerKnowsRoot(w: World, cpu: number, serial: number): boolean {
  const at = w.layout.outerRoots + cpu * OUTER_ROOTS;
  for (let k = 0; k < OUTER_ROOTS; k++) if (w.s[at + k] === serial + 1) return true;
  return false;
}

/**
 * Forgets every translation of [gfn, gfn + pages), under whatever root: leafs, the outer hypervisor's shadow of them, and the
 * paging-structure entries that lead to any of them.
 */
export function forgetRange(w: World, cpu: number, gfn: number, pages: number): void {
  const { layout, s } = w;
  const { tlbEntries, pscEntries, outerEntries } = layout.topology;
  const end = gfn + pages;
  const forget = (base: number, entries: number, overlaps: (key: number) => boolean): void => {
    for (let at = base + cpu * entries * TLB_WORDS, k = 0; k < entries; k++, at += TLB_WORDS)
      if (s[at] !== 0 && overlaps(s[at + 1])) s.fill(0, at, at + TLB_WORDS);
  };
  forget(layout.tlb, tlbEntries, (key) => key >= gfn && key < end);
  forget(layout.outer, outerEntries, (key) => key >= gfn && key < end);
  forget(layout.psc, pscEntries, (key) => {
    const span = 2 ** w.entryShift(key & 7);
    const first = (key >>> 3) * span;
    return first < end && gfn < first + span;
  });
}
