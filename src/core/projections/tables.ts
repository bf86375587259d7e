// The page tables below each root: how many of each level, how many of their entries are present; and the entries of one
// root's tables one by one, for who asks for them.
import { MACHINE, PAGE, PAGE_KIND } from '../aggregates/layout.js';
import { SPTE_KIND, spte_kind, spte_to_child } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';
import { spteText } from './event-text.js';

export interface LevelView {
  readonly level: number;
  /** The root's own table counts at its level. */
  readonly tables: number;
  readonly presentSptes: number;
}

export interface EntryView {
  /** Page of the table. */
  readonly table: number;
  readonly level: number;
  readonly index: number;
  readonly gfn: number;
  readonly spte: number;
  readonly text: string;
}

/** By page of the root; levels from the root's down. */
export function tableLevels(w: World): Map<number, LevelView[]> {
  const counts = new Map<number, Map<number, { tables: number; presentSptes: number }>>();
  const roots = new Int32Array(w.machineWord(MACHINE.PAGES_HIGH)).fill(-2);
  for (let address = 0; address < roots.length; address++) {
    if (w.pageWord(address, PAGE.KIND) === PAGE_KIND.free) continue;
    const root = rootOf(w, address, roots);
    if (root < 0) continue;
    const levels = counts.get(root) ?? new Map<number, { tables: number; presentSptes: number }>();
    counts.set(root, levels);
    const level = w.pageWord(address, PAGE.LEVEL);
    const count = levels.get(level) ?? { tables: 0, presentSptes: 0 };
    levels.set(level, count);
    count.tables++;
    count.presentSptes += w.pageWord(address, PAGE.PRESENT);
  }
  return new Map(
    [...counts].map(([root, levels]) => [
      root,
      [...levels].sort(([x], [y]) => y - x).map(([level, count]) => ({ level, ...count })),
    ]),
  );
}

/** Page of the root that a table hangs under; -1: under none. */
function rootOf(w: World, address: number, known: Int32Array): number {
  if (known[address] !== -2) return known[address];
  let root = -1;
  if (w.pageWord(address, PAGE.KIND) === PAGE_KIND.root) root = address;
  else if (w.pageWord(address, PAGE.LINKED) !== 0) {
    const parent = (w.pageWord(address, PAGE.PARENT) - w.layout.entries) >> w.tableBits;
    // Levels fall from parent to child: no way round in a circle.
    const isAbove =
      parent >= 0 &&
      parent < known.length &&
      w.pageWord(parent, PAGE.KIND) !== PAGE_KIND.free &&
      w.pageWord(parent, PAGE.LEVEL) > w.pageWord(address, PAGE.LEVEL);
    if (isAbove) root = rootOf(w, parent, known);
  }
  known[address] = root;
  return root;
}

/**
 * Entries that are not empty, depth first from the root's table, in order of gfn; at most `limit` of them from number
 * `skip` on. `next` is the number to go on from, null at the end.
 */
export function tableEntries(
  w: World,
  root: number,
  skip: number,
  limit: number,
): { readonly entries: EntryView[]; readonly next: number | null } {
  const entries: EntryView[] = [];
  let seen = 0;
  let more = false;
  const walk = (table: number, gfn: number): void => {
    const level = w.pageWord(table, PAGE.LEVEL);
    for (let index = 0; index <= w.tableMask && !more; index++) {
      const spte = w.spte(table, index);
      if (spte === 0) continue;
      const shift = w.entryShift(level);
      const at = shift > 30 ? gfn : gfn + index * 2 ** shift;
      if (seen >= skip) {
        if (entries.length === limit) {
          more = true;
          return;
        }
        entries.push({ table, level, index, gfn: at, spte, text: spteText(spte) });
      }
      seen++;
      if (spte_kind(spte) !== SPTE_KIND.NONLEAF) continue;
      const child = spte_to_child(spte);
      // An entry may name a page that was given away since: only a table further down is walked.
      const isTable =
        child < w.machineWord(MACHINE.PAGES_HIGH) && w.pageWord(child, PAGE.KIND) === PAGE_KIND.table;
      if (isTable && w.pageWord(child, PAGE.LEVEL) < level) walk(child, at);
    }
  };
  walk(root, 0);
  return { entries, next: more ? skip + limit : null };
}
