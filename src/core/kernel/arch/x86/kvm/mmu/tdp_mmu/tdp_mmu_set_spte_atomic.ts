// tdp_mmu_set_spte_atomic() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Changes an SPTE while others may change it, too: one cmpxchg, then the bookkeeping of the change.
// Context: mmu_lock held for read, RCU read section. Returns 0, or -EBUSY when the SPTE was no longer `old`.
// Left out: accessed/dirty write-back to struct page, page statistics; handle_changed_spte() is only called where it acts.
import { is_removed_spte } from '../../../../../../aggregates/spte.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { EBUSY, needs_handling } from './spte-change.js';

export const tdp_mmu_set_spte_atomic = procedure(
  'tdp_mmu_set_spte_atomic',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'table', 'index', 'old', 'new'],
    leftOut: 'accessed/dirty write-back to struct page, page statistics',
  },
  {
    try_cmpxchg: [
      (l) => op.try_cmpxchg_spte(l.table, l.index, l.old, l.new),
      (l, exchanged) => {
        // Only the thread that froze an SPTE may change it: a caller that gives REMOVED as `old` is wrong.
        if (is_removed_spte(l.old)) return 'warn';
        if (!exchanged) return ret(EBUSY);
        if (!needs_handling(l.old, l.new)) return ret(0);
        return call(fn.handle_changed_spte, 'handled', l.vm, l.table, l.index, l.old, l.new, 1);
      },
    ],
    handled: [null, () => ret(0)],
    warn: [
      (l) => op.report(ASSERTION.WARN_SPTE_REMOVED, l.table),
      (l) => ret(l.w.spte(l.table, l.index) === l.new ? 0 : EBUSY),
    ],
  },
);
