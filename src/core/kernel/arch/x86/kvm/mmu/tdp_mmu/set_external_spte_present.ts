// set_external_spte_present() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (77ac7079e66d)
// Makes an entry of a mirror tree present: freezes it, has the external (TDX) tables changed, and only then stores the new value:
// nobody else can touch the entry while the two differ.
// Context: mmu_lock held for read, RCU read section. Returns 0, or -EBUSY when the SPTE was no longer `old`.
// Left out: the external tables themselves: the hook does not fail, so the old value never has to be put back.
import { REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { EBUSY } from './spte-change.js';

export const set_external_spte_present = procedure(
  'set_external_spte_present',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'table', 'index', 'old', 'new'],
    leftOut: 'the external tables themselves: the hook does not fail',
  },
  {
    try_cmpxchg_frozen: [
      (l) => op.try_cmpxchg_spte(l.table, l.index, l.old, REMOVED_SPTE),
      (_l, exchanged) => (exchanged ? 'write_spte' : ret(EBUSY)),
    ],
    write_spte: [(l) => op.write_spte(l.table, l.index, l.new), () => ret(0)],
  },
);
