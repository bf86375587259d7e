// Looking around in a world: locks held, listed roots, trees. Nothing here is called on a hot path except the lock tests.
import { LOCK, LOCK_KIND, PAGE, THREAD, VM } from '../aggregates/layout.js';
import { is_leaf_spte, is_nonleaf_spte, spte_to_child } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';

/** Thread t holds this VM's mmu_lock for write. */
export function holdsMmuLockForWrite(w: World, t: number, vm: number): boolean {
  return w.s[w.lock(w.lockId(vm, LOCK_KIND.mmu_lock)) + LOCK.WRITER] === t + 1;
}

/** LOCK_MODE in which thread t holds mmu_lock, 0 if it does not. */
export function mmuLockMode(w: World, t: number): number {
  return w.threadWord(t, THREAD.HELD0 + LOCK_KIND.mmu_lock);
}

/** Writer of this VM's mmu_lock, -1 if there is none. */
export function mmuLockWriter(w: World, vm: number): number {
  return w.s[w.lock(w.lockId(vm, LOCK_KIND.mmu_lock)) + LOCK.WRITER] - 1;
}

export function holdsPagesLock(w: World, t: number, vm: number): boolean {
  return w.s[w.lock(w.lockId(vm, LOCK_KIND.tdp_mmu_pages_lock)) + LOCK.WRITER] === t + 1;
}

/** First listed root of a VM, -1 at the end: for (let r = firstRoot(w, vm); r >= 0; r = nextRoot(w, r)). */
export function firstRoot(w: World, vm: number): number {
  return w.vmWord(vm, VM.ROOTS_HEAD) - 1;
}
export function nextRoot(w: World, root: number): number {
  return w.pageWord(root, PAGE.NEXT) - 1;
}

/** First gfn that entry `index` of this table translates. */
export function gfnOfEntry(w: World, table: number, index: number): number {
  const level = w.pageWord(table, PAGE.LEVEL);
  const whole = w.tableBits * level;
  // A table's own gfn may be any gfn below it; a table that covers more than 32 bits of gfn starts at 0.
  const base = whole > 31 ? 0 : (w.pageWord(table, PAGE.GFN) >>> whole) * 2 ** whole;
  return base + index * 2 ** w.entryShift(level);
}

/** The leaf entry that maps gfn under this root, or 0; `at` of the entry is not needed by anybody. */
export function leafFor(w: World, root: number, gfn: number): number {
  let table = root;
  for (let level = w.pageWord(root, PAGE.LEVEL); level > 0; level--) {
    const spte = w.spte(table, w.indexAt(gfn, level));
    if (is_leaf_spte(spte)) return spte;
    if (!is_nonleaf_spte(spte)) return 0;
    table = spte_to_child(spte);
  }
  return 0;
}

/** A leaf below this table that maps a gfn of [start, end), or 0. */
export function leafInRange(w: World, table: number, start: number, end: number): number {
  if (w.pageWord(table, PAGE.PRESENT) === 0) return 0;
  const level = w.pageWord(table, PAGE.LEVEL);
  const span = 2 ** w.entryShift(level);
  const base = gfnOfEntry(w, table, 0);
  for (let index = 0; index <= w.tableMask; index++) {
    const first = base + index * span;
    if (first >= end || first + span <= start) continue;
    const spte = w.spte(table, index);
    if (is_leaf_spte(spte)) return spte;
    if (is_nonleaf_spte(spte)) {
      const found = leafInRange(w, spte_to_child(spte), start, end);
      if (found !== 0) return found;
    }
  }
  return 0;
}
