// kvm_mmu_change_mmu_pages() -- arch/x86/kvm/mmu/mmu.c, v5.10
// KVM_SET_NR_MMU_PAGES: fewer shadow pages from now on, so some go.
// Context: takes mmu_lock. Returns nothing.
// Left out: the number: one page goes.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_change_mmu_pages = procedure(
  'kvm_mmu_change_mmu_pages',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm'],
    leftOut: 'the number: one page goes',
  },
  {
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_mmu_zap_oldest_mmu_pages, 'zapped', l.vm),
    ],
    zapped: [null, () => 'write_unlock'],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
