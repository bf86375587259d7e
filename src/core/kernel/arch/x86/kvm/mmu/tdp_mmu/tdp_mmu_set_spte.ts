// tdp_mmu_set_spte() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Changes an SPTE while nobody else holds mmu_lock: xchg, because hardware and fast_page_fault() may still set bits.
// Context: mmu_lock held for write. Returns 0.
// Left out: accessed/dirty write-back to struct page, page statistics, the plain store for SPTEs without volatile bits;
// handle_changed_spte() is only called where it acts.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { is_removed_spte } from '../../../../../../aggregates/spte.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { needs_handling } from './spte-change.js';

export const tdp_mmu_set_spte = procedure(
  'tdp_mmu_set_spte',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'table', 'index', 'new'],
    locals: ['old'],
    leftOut: 'accessed/dirty write-back to struct page, page statistics',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'write_spte',
    ],
    write_spte: [
      (l) => op.write_spte(l.table, l.index, l.new),
      (l, old) => {
        l.old = old;
        if (is_removed_spte(old) || is_removed_spte(l.new)) return 'warn';
        if (!needs_handling(old, l.new)) return ret(0);
        return call(fn.handle_changed_spte, 'handled', l.vm, l.table, l.index, old, l.new, 0);
      },
    ],
    warn: [
      (l) => op.report(ASSERTION.WARN_SPTE_REMOVED, l.table),
      (l) => call(fn.handle_changed_spte, 'handled', l.vm, l.table, l.index, l.old, l.new, 0),
    ],
    handled: [null, () => ret(0)],
  },
);
