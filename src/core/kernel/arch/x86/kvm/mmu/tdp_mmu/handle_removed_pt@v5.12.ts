// handle_removed_tdp_mmu_page() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (7cca2d0b7e7d; handle_removed_pt from v5.17)
// Tears down a table that nothing points to any more: uncounts it, makes every SPTE REMOVED for ever, does the same for the
// tables below it, and frees it through RCU. Shared: other readers may still stand in it, so each entry is exchanged, and one
// that somebody else has frozen is waited for. Exclusive: only present entries are touched.
// Context: mmu_lock held, read (shared) or write, inside an RCU section. It flushes itself, before the table can be freed.
// Constant flushesFromLastEntry 1: the range of its flush begins at the last entry of the table, not at the first one (B20).
// Left out: the NX huge page list.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { is_nonleaf_spte, REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { pages_of_entry, pages_of_table } from './table-span.js';

export const handle_removed_pt_v5_12 = procedure(
  'handle_removed_pt',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'table', 'shared'],
    locals: ['from'],
    leftOut: 'the NX huge page list',
  },
  {
    tdp_mmu_unlink_sp: [null, (l) => (l.shared === 1 ? 'spin_lock' : 'unaccount_table')],
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'unaccount_table'],
    unaccount_table: [
      (l) => op.unaccount_table(l.table),
      (l) => (l.shared === 1 ? 'spin_unlock' : 'xchg_next_removed'),
    ],
    spin_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)),
      () => 'freeze_table',
    ],
    // The empty entries first and at once: what matters is that from here on nobody can install anything in them.
    freeze_table: [(l) => op.freeze_table(l.table), () => 'xchg_next_removed'],
    xchg_next_removed: [
      (l) => op.xchg_next_removed(l.table, l.from, l.shared),
      (l, found) => {
        if (found < 0) {
          const { w, table } = l;
          const pages = pages_of_table(w, table);
          const base = w.pageWord(table, PAGE.GFN);
          // The variable that the flush begins at still holds the gfn of the last entry that was looked at (B20).
          const from =
            l.env.constants['flushesFromLastEntry'] === 1 ? base + pages - pages_of_entry(w, table) : base;
          return call(fn.kvm_flush_remote_tlbs_with_address, 'flushed', l.vm, from, pages);
        }
        const index = Math.floor(found / 4_294_967_296);
        const old = found | 0;
        l.from = index + 1;
        // For a leaf the bookkeeping has nothing to do: see needs_handling().
        if (!is_nonleaf_spte(old)) return 'xchg_next_removed';
        return call(fn.handle_changed_spte, 'handled', l.vm, l.table, index, old, REMOVED_SPTE, l.shared);
      },
    ],
    handled: [null, () => 'xchg_next_removed'],
    flushed: [null, () => 'call_rcu'],
    call_rcu: [(l) => op.call_rcu(l.table), () => ret()],
  },
);
