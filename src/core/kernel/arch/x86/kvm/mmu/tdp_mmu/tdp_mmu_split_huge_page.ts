// tdp_mmu_split_huge_page() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (v6.2 on also in the fault path)
// Replaces a large leaf by a table that maps the same memory with leafs of the next level down. The table is filled while it
// is private; linking it is the only visible change, so no flush is needed: every translation stays what it was.
// Context: mmu_lock held, read (shared) or write, RCU read section. Returns 0, or -EBUSY when the leaf was gone or changed.
// Left out: allocation outside of mmu_lock with a retry, NX huge pages.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { is_leaf_spte } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { EBUSY } from './spte-change.js';

export const tdp_mmu_split_huge_page = procedure(
  'tdp_mmu_split_huge_page',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'table', 'index', 'shared'],
    locals: ['old', 'level', 'child', 'error'],
    leftOut: 'allocation outside of mmu_lock, NX huge pages',
  },
  {
    read_spte: [
      (l) => op.read_spte(l.table, l.index),
      (l, spte) => {
        l.old = spte;
        l.level = l.w.pageWord(l.table, PAGE.LEVEL);
        return is_leaf_spte(spte) && l.level > 1 ? 'alloc_table' : ret(EBUSY);
      },
    ],
    alloc_table: [
      (l) => {
        const gfn = l.w.pageWord(l.table, PAGE.GFN) + (l.index << l.w.entryShift(l.level));
        op.alloc_table(l.vm, l.level - 1, gfn);
      },
      (l, child) => {
        l.child = child;
        return 'make_huge_page_split_spte';
      },
    ],
    make_huge_page_split_spte: [
      (l) => op.fill_table(l.child, l.old, 1 << l.w.entryShift(l.level - 1)),
      (l) =>
        call(fn.tdp_mmu_link_sp, 'linked', l.vm, l.table, l.index, l.child, l.old, l.shared === 1 ? 0 : 1),
    ],
    linked: [
      null,
      (l, error) => {
        l.error = error;
        return error !== 0 ? 'free_table' : ret(0);
      },
    ],
    free_table: [(l) => op.free_table(l.child), (l) => ret(l.error)],
  },
);
