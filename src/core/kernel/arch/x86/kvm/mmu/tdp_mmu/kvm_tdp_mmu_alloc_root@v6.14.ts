// kvm_tdp_mmu_alloc_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (fabaa7650148, 243e13e810c0)
// As before, for either kind of root: mirror 1 looks for, or makes, the root that mirrors the external page tables, and stores it in
// mirror_root_hpa. Returns nothing any more.
// Context: the vCPU's own thread, no lock; takes mmu_lock for read.
// Left out: the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches.
import { LOCK_KIND, MIRROR_SLOT, PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import { ROLE } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { kvm_tdp_mmu_alloc_root_steps } from './kvm_tdp_mmu_alloc_root.js';

export const kvm_tdp_mmu_alloc_root_v6_14 = procedure(
  'kvm_tdp_mmu_alloc_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vcpu', 'mirror'],
    locals: ['vm', 'role', 'root'],
    leftOut: 'the tracepoint kvm_mmu_get_page (it is RootAllocated), the per-vCPU page caches',
  },
  {
    read_lock: [
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.role = l.w.vcpuWord(l.vcpu, VCPU.ROLE) | (l.mirror === 1 ? ROLE.MIRROR : 0);
        op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
      },
      (l) => call(fn.tdp_mmu_next_root, 'for_each_valid_root', l.vm, -1, 1, 1),
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
          : call(fn.tdp_mmu_next_root, 'for_each_valid_root', l.vm, l.root, 1, 1),
    ],
    ...kvm_tdp_mmu_alloc_root_steps,
    store_root_hpa: [
      (l) => op.load_root(l.vcpu, l.mirror === 1 ? MIRROR_SLOT : 0, l.w.pageWord(l.root, PAGE.ROLE), l.root),
      () => ret(),
    ],
  },
);
