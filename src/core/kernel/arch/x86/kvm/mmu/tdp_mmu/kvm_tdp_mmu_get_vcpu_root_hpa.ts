// kvm_tdp_mmu_get_vcpu_root_hpa() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Finds the root with the role the vCPU wants and takes a reference, or makes one with count 1. Roots have a plain count, and
// none is ever invalid.
// Context: takes mmu_lock (a spinlock). Returns the root's page.
// Left out: the per-vCPU page caches; BUG() ends the task in C, here the walk goes on behind its report.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_tdp_mmu_get_vcpu_root_hpa = procedure(
  'kvm_tdp_mmu_get_vcpu_root_hpa',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['vm', 'role', 'root'],
    leftOut: 'the per-vCPU page caches; the death of a task in BUG()',
  },
  {
    spin_lock: [
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.role = l.w.vcpuWord(l.vcpu, VCPU.ROLE);
        op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
      },
      () => 'for_each_tdp_mmu_root',
    ],
    for_each_tdp_mmu_root: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.root = root;
        return root < 0 ? 'alloc_tdp_mmu_page' : 'role_word_equal';
      },
    ],
    role_word_equal: [
      (l) => op.read_role(l.root),
      (l, role) => (role === l.role ? 'kvm_mmu_get_root' : 'next'),
    ],
    kvm_mmu_get_root: [
      (l) => op.refcount_inc_not_zero(l.root, HOLDER.vcpu),
      (_l, got) => (got ? 'spin_unlock' : 'bug_on_zero'),
    ],
    bug_on_zero: [(l) => op.report(ASSERTION.REFCOUNT_INC_ON_ZERO, l.root), () => 'next'],
    next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        l.root = root;
        return root < 0 ? 'alloc_tdp_mmu_page' : 'role_word_equal';
      },
    ],
    alloc_tdp_mmu_page: [
      (l) => op.alloc_root(l.vm, l.role, 1),
      (l, root) => {
        l.root = root;
        return 'list_add';
      },
    ],
    list_add: [(l) => op.list_add_rcu(l.vm, l.root), () => 'spin_unlock'],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), (l) => ret(l.root)],
  },
);
