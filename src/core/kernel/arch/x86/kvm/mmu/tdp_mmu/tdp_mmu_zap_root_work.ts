// tdp_mmu_zap_root_work() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// The work item of one root: zaps it under mmu_lock held for read, then puts the reference it was given.
// Context: unbound worker, no lock. After a yield a writer may hold a reference, so this put need not be the last.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_zap_root_work = procedure(
  'tdp_mmu_zap_root_work',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['root'],
    locals: ['vm'],
    leftOut: 'nothing',
  },
  {
    read_lock: [
      (l) => {
        l.vm = l.w.pageWord(l.root, PAGE.VM);
        op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
      },
      (l) => call(fn.tdp_mmu_zap_root, 'zapped', l.vm, l.root, 1),
    ],
    zapped: [null, (l) => call(fn.kvm_tdp_mmu_put_root, 'read_unlock', l.vm, l.root, 1, HOLDER.work)],
    read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
