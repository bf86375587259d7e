// kvm_tdp_mmu_zap_invalidated_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (35be969d1ef2)
// As before, in the mode that the caller asks for: shared 1 after a fast zap, 0 at the VM's end, where external page tables have to
// be torn down, which cannot be done atomically.
// Context: slots_lock held (or VM destruction); takes mmu_lock for read (shared) or write.
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_invalidated_roots_v6_14 = procedure(
  'kvm_tdp_mmu_zap_invalidated_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'shared'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    lock: [
      (l) => op.lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write),
      (l) => call(fn.tdp_mmu_next_root, 'for_each_root', l.vm, -1, l.shared, 0),
    ],
    for_each_root: [
      null,
      (l, root) => {
        l.root = root;
        return root < 0 ? 'unlock' : 'tdp_mmu_scheduled_root_to_zap';
      },
    ],
    tdp_mmu_scheduled_root_to_zap: [
      (l) => op.take_scheduled_zap(l.root),
      (_l, owed) => (owed ? 'kvm_bug_on_valid' : 'next_root'),
    ],
    kvm_bug_on_valid: [
      (l) => op.read_role(l.root),
      (l, role) =>
        role_is_invalid(role)
          ? call(fn.tdp_mmu_zap_root, 'kvm_tdp_mmu_put_root', l.vm, l.root, l.shared)
          : 'report_valid',
    ],
    // KVM_BUG_ON, and the code goes on.
    report_valid: [
      (l) => op.report(ASSERTION.BUG_ZAP_VALID_ROOT, l.root),
      (l) => call(fn.kvm_vm_bugged, 'tdp_mmu_zap_root', l.vm, ASSERTION.BUG_ZAP_VALID_ROOT),
    ],
    tdp_mmu_zap_root: [
      null,
      (l) => call(fn.tdp_mmu_zap_root, 'kvm_tdp_mmu_put_root', l.vm, l.root, l.shared),
    ],
    kvm_tdp_mmu_put_root: [
      null,
      (l) => call(fn.kvm_tdp_mmu_put_root, 'next_root', l.vm, l.root, l.shared, HOLDER.tdpMmu),
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'for_each_root', l.vm, l.root, l.shared, 0)],
    unlock: [
      (l) =>
        op.unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock), l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write),
      () => ret(),
    ],
  },
);
