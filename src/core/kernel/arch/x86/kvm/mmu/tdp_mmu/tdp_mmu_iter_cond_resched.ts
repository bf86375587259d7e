// tdp_mmu_iter_cond_resched(), tdp_mmu_iter_flush_cond_resched() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Gives mmu_lock up when somebody waits for it, and takes it again; a pending flush is done first.
// Context: mmu_lock held (a spinlock). Returns 1 after a yield: restart the walk (tdp_iter_refresh_walk).
// Left out: need_resched of the scheduler.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_iter_cond_resched = procedure(
  'tdp_mmu_iter_cond_resched',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'shared', 'flush', 'progress'],
    leftOut: 'need_resched; the WARN on a walk that has yielded already',
  },
  {
    spin_needbreak: [
      (l) => op.rwlock_needbreak(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l, wanted) => {
        if (!wanted) return ret(0);
        return l.flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'cond_resched_lock';
      },
    ],
    flushed: [null, () => 'cond_resched_lock'],
    cond_resched_lock: [
      (l) => op.yield_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), LOCK_MODE.write, l.progress),
      () => 'spin_lock',
    ],
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret(1)],
  },
);
