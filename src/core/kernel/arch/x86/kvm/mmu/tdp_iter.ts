// tdp_iter_start(), tdp_iter_next() and their like -- arch/x86/kvm/mmu/tdp_iter.c, v5.18
// The position of a pre-order walk over one tree, as locals of the frame that walks. Thread-local: the SPTEs themselves are
// read by ops. Runs of empty entries are skipped by op.next_present, as the kernel's side steps over them do nothing.
// Context: one RCU read section around the walk, left and entered again at each yield.
// Left out: kvm_mmu_tdp_iter checks for a frozen root, and gfns of 2^31 and above.
import { PAGE } from '../../../../../aggregates/layout.js';
import { spte_to_child } from '../../../../../aggregates/spte.js';
import type { World } from '../../../../../aggregates/world.js';
import { E } from '../../../../../events/catalogue.js';
import { op } from '../../../../../machine/op.js';

export const PG_LEVEL_4K = 1;
export const PG_LEVEL_2M = 2;
export const PG_LEVEL_1G = 3;
/** tdp_mmu_max_gfn_exclusive(): past every gfn of the model. */
export const GFN_END = 0x7fff_ffff;

/** Locals of a procedure that walks a tree, besides `root`. */
export const TDP_ITER = [
  'level',
  'index',
  'gfn',
  'spte',
  'nextGfn',
  'yieldedGfn',
  'pt1',
  'pt2',
  'pt3',
  'pt4',
] as const;

/** The walk's position: the entry (level, index) of pt[level], its gfn and its SPTE as last read (old_spte). */
export type TdpIter = { [K in (typeof TDP_ITER)[number] | 'root']: number } & { readonly w: World };

/** What tdp_iter_next() found. */
export const AT_ENTRY = 0;
export const NEXT_TABLE = 1;
export const WALK_ENDS = 2;

function set_table(l: TdpIter, table: number): void {
  if (l.level === 1) l.pt1 = table;
  else if (l.level === 2) l.pt2 = table;
  else if (l.level === 3) l.pt3 = table;
  else if (l.level === 4) l.pt4 = table;
}

/** Page address of the table that the walk stands in. */
export function iter_table(l: TdpIter): number {
  return l.level === 1
    ? l.pt1
    : l.level === 2
      ? l.pt2
      : l.level === 3
        ? l.pt3
        : l.level === 4
          ? l.pt4
          : l.root;
}

/** Begins, or begins again after a yield, at nextGfn: without advancing. */
export function tdp_iter_restart(l: TdpIter): void {
  l.level = l.w.pageWord(l.root, PAGE.LEVEL);
  set_table(l, l.root);
  l.index = l.w.indexAt(l.nextGfn, l.level);
  l.yieldedGfn = l.nextGfn;
}

export function tdp_iter_start(l: TdpIter, start: number): void {
  l.nextGfn = start;
  tdp_iter_restart(l);
}

/**
 * `found` is what op.next_present answered for (iter_table, index), in its own `then`. AT_ENTRY: the walk stands on it, its
 * SPTE is read. NEXT_TABLE: the table was through, look again. WALK_ENDS: end was reached.
 */
export function tdp_iter_next(l: TdpIter, found: number, end: number): number {
  const table = iter_table(l);
  if (found < 0) {
    if (table === l.root) return WALK_ENDS;
    const gfn = l.w.pageWord(table, PAGE.GFN);
    l.level++;
    l.index = l.w.indexAt(gfn, l.level) + 1;
    return NEXT_TABLE;
  }
  const shift = l.w.entryShift(l.level);
  l.index = found;
  l.gfn = shift > 30 ? 0 : l.w.pageWord(table, PAGE.GFN) + (found << shift);
  if (l.gfn >= end) return WALK_ENDS;
  if (l.gfn > l.nextGfn) l.nextGfn = l.gfn;
  l.spte = l.w.spte(table, found);
  return AT_ENTRY;
}

/** Steps into the table that the non-leaf SPTE at hand points to. */
export function tdp_iter_step_down(l: TdpIter): void {
  l.level--;
  set_table(l, spte_to_child(l.spte));
  l.index = l.w.indexAt(l.nextGfn, l.level);
}

/** Tells where the walk goes on behind a yield: from its present position, which is all that it goes by from here. */
export function tell_restarted(l: TdpIter & { readonly vm: number }): void {
  const table = iter_table(l);
  const at = l.w.pageWord(table, PAGE.GFN) + l.index * 2 ** l.w.entryShift(l.level);
  const below = l.w.pageWord(l.root, PAGE.LEVEL) - l.level;
  op.tell_vm(E.WalkRestarted, l.vm, l.yieldedGfn, Math.min(GFN_END, at), below);
}

/** Argument `progress` of tdp_mmu_iter_cond_resched: 1 + gfns that the walk went on since it began or last yielded. */
export function progress_of(l: TdpIter): number {
  return 1 + l.nextGfn - l.yieldedGfn;
}

/** No yield unless a gfn step was made since the last one (next_last_level_gfn != yielded_gfn). */
export function made_progress(l: TdpIter): boolean {
  return l.nextGfn !== l.yieldedGfn;
}
