// kvm_tdp_mmu_zap_invalidated_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.6 (0df9dab891ff)
// The invalidating task itself zaps the flagged roots and puts the TDP MMU's own reference to each. The walk references
// every listed root, valid or not; one that was zapped before is only stepped over.
// Context: slots_lock held (or VM destruction); takes mmu_lock for read.
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_invalidated_roots_v6_6 = procedure(
  'kvm_tdp_mmu_zap_invalidated_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.6',
    params: ['vm'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.tdp_mmu_next_root, 'for_each_root', l.vm, -1, 1, 0),
    ],
    for_each_root: [
      null,
      (l, root) => {
        l.root = root;
        return root < 0 ? 'read_unlock' : 'tdp_mmu_scheduled_root_to_zap';
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
          ? call(fn.tdp_mmu_zap_root, 'kvm_tdp_mmu_put_root', l.vm, l.root, 1)
          : 'report_valid',
    ],
    // KVM_BUG_ON, and the code goes on.
    report_valid: [
      (l) => op.report(ASSERTION.BUG_ZAP_VALID_ROOT, l.root),
      (l) => call(fn.kvm_vm_bugged, 'tdp_mmu_zap_root', l.vm, ASSERTION.BUG_ZAP_VALID_ROOT),
    ],
    tdp_mmu_zap_root: [null, (l) => call(fn.tdp_mmu_zap_root, 'kvm_tdp_mmu_put_root', l.vm, l.root, 1)],
    kvm_tdp_mmu_put_root: [
      null,
      (l) => call(fn.kvm_tdp_mmu_put_root, 'next_root', l.vm, l.root, 1, HOLDER.tdpMmu),
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'for_each_root', l.vm, l.root, 1, 0)],
    read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
