// handle_changed_spte() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// What one changed SPTE entails: a table that it no longer points to is torn down.
// Context: mmu_lock held, read (shared) or write; the SPTE has its new value. Returns nothing.
// Left out: accessed/dirty write-back to struct page, page statistics, dirty-log marking (done where the SPTE is made).
import { spte_to_child } from '../../../../../../aggregates/spte.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { disconnects_table, swaps_leaf_pfn } from './spte-change.js';

export const handle_changed_spte = procedure(
  'handle_changed_spte',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'table', 'index', 'old', 'new', 'shared'],
    leftOut: 'accessed/dirty write-back to struct page, page statistics',
  },
  {
    compare: [
      null,
      (l) => {
        if (swaps_leaf_pfn(l.old, l.new)) return 'bug';
        if (!disconnects_table(l.old, l.new)) return ret();
        return call(fn.handle_removed_pt, 'removed', l.vm, spte_to_child(l.old), l.shared);
      },
    ],
    bug: [(l) => op.report(ASSERTION.BUG_LEAF_PFN_CHANGED, l.table), () => ret()],
    removed: [null, () => ret()],
  },
);
