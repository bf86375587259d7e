// tdp_mmu_zap_spte_atomic() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (08f07c800e9d)
// Removes one SPTE while others may change it: frozen, flushed, cleared. Nobody can install a translation there while CPUs may still
// hold the old one.
// Context: mmu_lock held for read, inside an RCU section. Returns 0, or -EBUSY when the SPTE was no longer `old`.
// Left out: the range of the flush (where no hypervisor takes ranges, KVM flushes everything).
import { REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_zap_spte_atomic = procedure(
  'tdp_mmu_zap_spte_atomic',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
    params: ['vm', 'table', 'index', 'old'],
    leftOut: 'the range of the flush',
  },
  {
    freeze: [
      null,
      (l) => call(fn.tdp_mmu_set_spte_atomic, 'frozen', l.vm, l.table, l.index, l.old, REMOVED_SPTE),
    ],
    frozen: [
      null,
      (l, error) => (error !== 0 ? ret(error) : call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm)),
    ],
    flushed: [null, () => 'clear_spte'],
    clear_spte: [(l) => op.write_spte(l.table, l.index, 0), () => ret(0)],
  },
);
