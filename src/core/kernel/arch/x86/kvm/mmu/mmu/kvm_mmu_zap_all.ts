// kvm_mmu_zap_all() -- arch/x86/kvm/mmu/mmu.c, v5.18
// The process's memory goes away (exit, or the VM's end): every SPTE of every root is zapped; the roots stay.
// Context: takes mmu_lock for write (and may yield it). Returns nothing.
// Left out: the shadow MMU's pages.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_zap_all = procedure(
  'kvm_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: "the shadow MMU's pages",
  },
  {
    tell_begun: [(l) => op.tell_vm(E.ZapAllBegun, l.vm), () => 'write_lock'],
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_zap_all, 'write_unlock', l.vm),
    ],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'tell_ended'],
    tell_ended: [(l) => op.tell_vm(E.ZapAllEnded, l.vm), () => ret()],
  },
);
