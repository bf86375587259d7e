// kvm_tdp_mmu_alloc_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (f5238c2a60f1, dab285e4ec73)
// Finds the valid root with the role the vCPU wants, or makes one with refcount 2 (the vCPU's and the TDP MMU's own), all under
// mmu_lock held for read. The lookup is the ordinary walk: where it stops, its reference stays as the vCPU's. Who finds nothing
// takes tdp_mmu_pages_lock and looks once more: of two that found nothing only one makes the root.
// root.hpa is stored after mmu_lock is released. The root may be invalid by then: the request that came with the
// invalidation stops the vCPU at the entry gate; and it cannot be freed, the vCPU holds a reference.
// Context: the vCPU's own thread, no lock; takes mmu_lock for read. Returns 0.
// Left out: the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches.
import { LOCK_KIND, PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

/** From the end of the walk on; also of the later form. */
export const kvm_tdp_mmu_alloc_root_steps = steps(['vm', 'role', 'root'], ['store_root_hpa'], {
  // The walk's early exit: its reference is kept, not put.
  keep_reference: [
    (l) => {
      const at = l.w.page(l.root);
      op.tell_root(
        E.RootReferenceKept,
        l.w.s[at + PAGE.SERIAL],
        HOLDER.vcpu,
        l.w.s[at + PAGE.REFCOUNT],
        l.root,
      );
    },
    () => 'read_unlock',
  ],
  spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'second_look'],
  second_look: [
    (l) => op.list_first(l.vm),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal';
    },
  ],
  role_word_equal: [
    (l) => op.read_role(l.root),
    (l, role) => (role === l.role ? 'kvm_tdp_mmu_get_root' : 'next'),
  ],
  next: [
    (l) => op.list_next(l.root),
    (l, root) => {
      l.root = root;
      return root < 0 ? 'tdp_mmu_alloc_sp' : 'role_word_equal';
    },
  ],
  // It is valid, and nobody invalidates a root while this thread reads: the TDP MMU's own reference keeps it above 0.
  kvm_tdp_mmu_get_root: [
    (l) => op.refcount_inc_not_zero(l.root, HOLDER.vcpu),
    (_l, got) => (got ? 'spin_unlock' : 'warn_get_failed'),
  ],
  warn_get_failed: [(l) => op.report(ASSERTION.WARN_ALLOC_ROOT_GET_FAILED, l.root), () => 'spin_unlock'],
  tdp_mmu_alloc_sp: [
    (l) => op.alloc_root(l.vm, l.role, 2),
    (l, root) => {
      l.root = root;
      return 'list_add_rcu';
    },
  ],
  list_add_rcu: [(l) => op.list_add_rcu(l.vm, l.root), () => 'spin_unlock'],
  spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'read_unlock'],
  read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'store_root_hpa'],
});

export const kvm_tdp_mmu_alloc_root = procedure(
  'kvm_tdp_mmu_alloc_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vcpu'],
    locals: ['vm', 'role', 'root'],
    leftOut: 'the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches',
  },
  {
    read_lock: [
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.role = l.w.vcpuWord(l.vcpu, VCPU.ROLE);
        op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
      },
      (l) => call(fn.tdp_mmu_next_root, 'for_each_valid_root', l.vm, -1, 1, 1, -1),
    ],
    for_each_valid_root: [
      null,
      (l, root) => {
        l.root = root;
        return root < 0 ? 'spin_lock' : 'compare_role_word';
      },
    ],
    compare_role_word: [
      (l) => op.read_role(l.root),
      (l, role) =>
        role === l.role
          ? 'keep_reference'
          : call(fn.tdp_mmu_next_root, 'for_each_valid_root', l.vm, l.root, 1, 1, -1),
    ],
    ...kvm_tdp_mmu_alloc_root_steps,
    store_root_hpa: [(l) => op.load_root(l.vcpu, 0, l.w.pageWord(l.root, PAGE.ROLE), l.root), () => ret(0)],
  },
);
