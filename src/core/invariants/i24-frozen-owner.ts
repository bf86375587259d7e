// I24.
import { PAGE, PAGE_KIND } from '../aggregates/layout.js';
import { is_removed_spte } from '../aggregates/spte.js';
import type { World } from '../aggregates/world.js';
import type { Handler, Invariant } from './invariant.js';
import { holdsMmuLockForWrite } from './world-walks.js';

export const i24FrozenOwner: Invariant = {
  number: 24,
  name: 'FROZEN_OWNER',
  kind: 'transition',
  statement:
    'A REMOVED (frozen) entry is changed only by the thread that froze it, and a thread that holds mmu_lock for write ' +
    'neither meets nor makes one in a linked table.',
  eras: 'bcdefgh',
  exercise: 'frozen an entry',
  details: [
    '',
    "another thread's frozen entry was overwritten",
    'a frozen entry was changed under mmu_lock held for write, in a linked table',
    'an entry was frozen under mmu_lock held for write, in a linked table',
  ],
  seen: 'the entry after the event, or the thread that froze it',
  create(w, _rules, probe, _facts, take) {
    /** By thread: the entry (offset + 1) that it froze last. By page: thread + 1 that froze entries of this table. */
    const entryOf = take(w.threads);
    const tableOf = take(w.layout.topology.pages);

    const exclusiveInTree = (w: World, t: number, table: number): boolean => {
      const at = w.page(table);
      if (w.s[at + PAGE.KIND] !== PAGE_KIND.root && w.s[at + PAGE.LINKED] === 0) return false;
      return holdsMmuLockForWrite(w, t, w.s[at + PAGE.VM]);
    };
    const check: Handler = (w, e, i) => {
      const fromFrozen = is_removed_spte(e.b[i]);
      if (!fromFrozen && !is_removed_spte(e.c[i])) return;
      const t = e.thread[i];
      const table = e.subject[i] >> 4;
      const entry = w.entry(table, e.a[i]) + 1;
      probe.checks++;
      if (!fromFrozen) {
        if (exclusiveInTree(w, t, table)) probe.report(w, e, i, 3, e.c[i], -1);
        // Entries of a table that is torn down belong to who tears it down, who still owns the entry above it, too.
        if (w.pageWord(table, PAGE.FROZEN) === 0) entryOf[t] = entry;
        tableOf[table] = t + 1;
        return;
      }
      if (exclusiveInTree(w, t, table)) probe.report(w, e, i, 2, e.c[i], -1);
      if (entryOf[t] === entry) {
        entryOf[t] = 0;
        return;
      }
      let owner = tableOf[table] - 1;
      for (let u = 0; u < w.threads; u++) if (entryOf[u] === entry) owner = u;
      if (owner !== t) probe.report(w, e, i, 1, owner, -1);
    };
    // The page may be another table soon.
    const forget = (w: World, table: number): void => {
      tableOf[table] = 0;
      const first = w.entry(table, 0) + 1;
      for (let u = 0; u < w.threads; u++)
        if (entryOf[u] >= first && entryOf[u] <= first + w.tableMask) entryOf[u] = 0;
    };
    return {
      before: { SpteChanged: check },
      after: {
        TableFrozen: (_w, e, i) => {
          tableOf[e.subject[i] >> 4] = e.thread[i] + 1;
          probe.checks++;
        },
        TableFreed: (w, e, i) => forget(w, e.subject[i] >> 4),
        RootFreed: (w, e, i) => forget(w, e.c[i]),
      },
    };
  },
};
