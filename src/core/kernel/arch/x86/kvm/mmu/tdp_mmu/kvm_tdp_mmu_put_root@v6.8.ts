// kvm_tdp_mmu_put_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.8 (5f3c8c9187b6, 484dd27c0602, 250ce1b4d21a)
// As before, but in whatever mode the caller holds mmu_lock: nothing is asserted any more. The last put may come from a reader
// while other readers walk the list: the RCU deletion and the grace period carry that.
// Context: mmu_lock held in either mode. `shared` is what callers of all versions pass; nothing reads it. Returns nothing.
// Left out: the report for a non-TDP page (the model has no other root).
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_put_root_v6_8 = procedure(
  'kvm_tdp_mmu_put_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.8',
    params: ['vm', 'root', 'shared', 'holder'],
    leftOut: 'the report for a non-TDP page (the model has no other root)',
  },
  {
    refcount_dec_and_test: [
      (l) => op.refcount_dec_and_test(l.root, l.holder),
      (_l, zero) => (zero ? 'read_role_invalid' : ret()),
    ],
    read_role_invalid: [
      (l) => op.read_role(l.root),
      (_l, role) => (role_is_invalid(role) ? 'spin_lock' : 'kvm_bug_on'),
    ],
    kvm_bug_on: [
      (l) => op.report(ASSERTION.BUG_PUT_VALID_ROOT, l.root),
      (l) => call(fn.kvm_vm_bugged, 'bugged', l.vm, ASSERTION.BUG_PUT_VALID_ROOT),
    ],
    bugged: [null, () => 'spin_lock'],
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'list_del_rcu'],
    list_del_rcu: [(l) => op.list_del_rcu(l.vm, l.root), () => 'spin_unlock'],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'call_rcu'],
    call_rcu: [(l) => op.call_rcu(l.root), () => ret()],
  },
);
