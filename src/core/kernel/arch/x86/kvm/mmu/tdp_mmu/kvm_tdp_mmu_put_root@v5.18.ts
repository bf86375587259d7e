// kvm_tdp_mmu_put_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (efd995dae5eb)
// Gives one reference back. The last one of a VALID root resurrects it: invalid, refcount 1 for the worker, queued.
// Context: mmu_lock held, read (shared) or write. Returns nothing.
// Left out: the WARN for a non-TDP page (the model has no other root).

import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_put_root_v5_18 = procedure(
  'kvm_tdp_mmu_put_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'root', 'shared', 'holder'],
    leftOut: 'the WARN for a non-TDP page',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), l.shared === 1 ? 1 : 2),
      () => 'refcount_dec_and_test',
    ],
    refcount_dec_and_test: [
      (l) => op.refcount_dec_and_test(l.root, l.holder),
      (_l, zero) => (zero ? 'kvm_tdp_root_mark_invalid' : ret()),
    ],
    // rc = 0 and valid -> rc = 0 and invalid -> rc = 1 and invalid: readers cannot tell the three apart.
    kvm_tdp_root_mark_invalid: [
      (l) => op.xchg_invalid(l.root),
      (_l, wasInvalid) => (wasInvalid ? 'spin_lock' : 'refcount_set'),
    ],
    refcount_set: [(l) => op.refcount_set(l.root, 1), () => 'schedule_zap'],
    schedule_zap: [null, (l) => call(fn.tdp_mmu_schedule_zap_root, 'scheduled', l.vm, l.root, 0)],
    scheduled: [null, () => ret()],

    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'list_del_rcu'],
    list_del_rcu: [(l) => op.list_del_rcu(l.vm, l.root), () => 'spin_unlock'],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'call_rcu'],
    call_rcu: [(l) => op.call_rcu(l.root), () => ret()],
  },
);
