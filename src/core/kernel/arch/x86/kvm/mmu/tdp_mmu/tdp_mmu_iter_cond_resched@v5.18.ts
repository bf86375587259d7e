// tdp_mmu_iter_cond_resched() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (bd29677952fa)
// Gives mmu_lock up when somebody waits for it, and takes it again in the same mode. A pending flush is done BEFORE the RCU
// section is left: tables unlinked in it could be freed from then on. The caller asks only after progress (made_progress).
// Context: mmu_lock held, read (shared) or write, inside an RCU read section. Returns 1 after a yield: restart the walk.
// Left out: need_resched of the scheduler, and the WARN on a walk that has yielded already (restarting is one call here).
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_iter_cond_resched_v5_18 = procedure(
  'tdp_mmu_iter_cond_resched',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'shared', 'flush', 'progress'],
    leftOut: 'need_resched; the WARN on a walk that has yielded already',
  },
  {
    rwlock_needbreak: [
      (l) => op.rwlock_needbreak(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l, wanted) => {
        if (!wanted) return ret(0);
        return l.flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'rcu_read_unlock';
      },
    ],
    flushed: [null, () => 'rcu_read_unlock'],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'cond_resched_rwlock'],
    cond_resched_rwlock: [
      (l) =>
        op.yield_lock(
          l.w.lockId(l.vm, LOCK_KIND.mmu_lock),
          l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write,
          l.progress,
        ),
      () => 'lock',
    ],
    lock: [
      (l) => op.lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write),
      () => 'rcu_read_lock',
    ],
    rcu_read_lock: [() => op.rcu_read_lock(), () => ret(1)],
  },
);
