// How many pages a table or one of its entries translates, as flushes of a range name them (KVM_PAGES_PER_HPAGE).
import { PAGE } from '../../../../../../aggregates/layout.js';
import type { World } from '../../../../../../aggregates/world.js';

/** A gfn of the model is a positive 32-bit number: what reaches further ends here. */
const MOST_PAGES = 2 ** 30;

export function pages_of_entry(w: World, table: number): number {
  return Math.min(MOST_PAGES, 2 ** w.entryShift(w.pageWord(table, PAGE.LEVEL)));
}

export function pages_of_table(w: World, table: number): number {
  return Math.min(MOST_PAGES, 2 ** w.entryShift(w.pageWord(table, PAGE.LEVEL) + 1));
}
