// The loop over a removed table's entries in __handle_changed_spte() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 (handle_removed_pt later)
// Tears down a table that nothing points to any more: off the VM's list, every present entry cleared, the tables below it likewise;
// CPUs flushed, and then freed at once. There is no reader without mmu_lock.
// Context: mmu_lock held (a spinlock). Returns nothing.
// Left out: the NX huge page list.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { is_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { pages_of_table } from './table-span.js';

export const handle_removed_pt = procedure(
  'handle_removed_pt',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'table', 'shared'],
    locals: ['index', 'old'],
    leftOut: 'the NX huge page list',
  },
  {
    list_del: [(l) => op.unaccount_table(l.table), () => 'next_present'],
    next_present: [
      (l) => op.next_present(l.table, l.index),
      (l, found) => {
        if (found < 0)
          return call(
            fn.kvm_flush_remote_tlbs_with_address,
            'free',
            l.vm,
            l.w.pageWord(l.table, PAGE.GFN),
            pages_of_table(l.w, l.table),
          );
        l.index = found;
        return 'write_spte';
      },
    ],
    write_spte: [
      (l) => op.write_spte(l.table, l.index, 0),
      (l, old) => {
        const index = l.index++;
        if (!is_nonleaf_spte(old)) return 'next_present';
        return call(fn.handle_changed_spte, 'handled', l.vm, l.table, index, old, 0, 0);
      },
    ],
    handled: [null, () => 'next_present'],
    free: [null, () => 'free_page'],
    free_page: [(l) => op.free_table(l.table), () => ret()],
  },
);
