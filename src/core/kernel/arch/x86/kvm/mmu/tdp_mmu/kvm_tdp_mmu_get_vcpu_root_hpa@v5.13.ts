// kvm_tdp_mmu_get_vcpu_root_hpa() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (as of v5.18)
// Finds the valid root with the role the vCPU wants and takes a reference, or makes one with refcount 1.
// Context: mmu_lock held for write. Returns the root's page.
// Left out: the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret, steps } from '../../../../../../machine/procedure.js';

/** Also those of the later forms, but for the refcount at birth. */
export const kvm_tdp_mmu_get_vcpu_root_hpa_steps = steps(['vcpu', 'vm', 'role', 'root'], [], {
  lockdep_assert_held_write: [
    (l) => {
      l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
      l.role = l.w.vcpuWord(l.vcpu, VCPU.ROLE);
      op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
    },
    () => 'for_each_tdp_mmu_root',
  ],
  for_each_tdp_mmu_root: [
    (l) => op.list_first(l.vm),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal';
    },
  ],
  // An invalid root never compares equal: the wanted word has invalid = 0.
  role_word_equal: [
    (l) => op.read_role(l.root),
    (l, role) => (role === l.role ? 'kvm_tdp_mmu_get_root' : 'next'),
  ],
  kvm_tdp_mmu_get_root: [
    (l) => op.refcount_inc_not_zero(l.root, HOLDER.vcpu),
    (l, got) => (got ? ret(l.root) : 'next'),
  ],
  next: [
    (l) => op.list_next(l.root),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal';
    },
  ],
  tdp_mmu_alloc_sp: [
    (l) => op.alloc_root(l.vm, l.role, 1),
    (l, root) => {
      l.root = root;
      return 'spin_lock';
    },
  ],
  spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'list_add_rcu'],
  list_add_rcu: [(l) => op.list_add_rcu(l.vm, l.root), () => 'spin_unlock'],
  spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), (l) => ret(l.root)],
});

export const kvm_tdp_mmu_get_vcpu_root_hpa_v5_13 = procedure(
  'kvm_tdp_mmu_get_vcpu_root_hpa',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vcpu'],
    locals: ['vm', 'role', 'root'],
    leftOut: 'the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches',
  },
  kvm_tdp_mmu_get_vcpu_root_hpa_steps,
);
