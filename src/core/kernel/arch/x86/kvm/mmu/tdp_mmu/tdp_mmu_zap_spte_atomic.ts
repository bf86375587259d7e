// tdp_mmu_zap_spte_atomic() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (08f07c800e9d)
// Removes one SPTE while others may change it: frozen, flushed, cleared. Nobody can install a translation there while CPUs may still
// hold the old one.
// Context: mmu_lock held for read, inside an RCU section. Returns 0, or -EBUSY when the SPTE was no longer `old`.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { pages_of_entry } from './table-span.js';

export const tdp_mmu_zap_spte_atomic = procedure(
  'tdp_mmu_zap_spte_atomic',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'table', 'index', 'old'],
    leftOut: 'nothing',
  },
  {
    freeze: [
      null,
      (l) => call(fn.tdp_mmu_set_spte_atomic, 'frozen', l.vm, l.table, l.index, l.old, REMOVED_SPTE),
    ],
    frozen: [
      null,
      (l, error) => {
        if (error !== 0) return ret(error);
        const { w, table } = l;
        const pages = pages_of_entry(w, table);
        const gfn = w.pageWord(table, PAGE.GFN) + l.index * pages;
        return call(fn.kvm_flush_remote_tlbs_with_address, 'flushed', l.vm, gfn, pages);
      },
    ],
    flushed: [null, () => 'clear_spte'],
    clear_spte: [(l) => op.write_spte(l.table, l.index, 0), () => ret(0)],
  },
);
