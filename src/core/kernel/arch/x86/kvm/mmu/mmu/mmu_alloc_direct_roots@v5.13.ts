// mmu_alloc_direct_roots() -- arch/x86/kvm/mmu/mmu.c, v5.13 (as of v5.18)
// Gets a root of the wanted role into root.hpa.
// Context: takes mmu_lock for write.
// Left out: shadow roots, PAE roots, make_mmu_pages_available.
import { LOCK_KIND, PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_alloc_direct_roots_v5_13 = procedure(
  'mmu_alloc_direct_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.13',
    params: ['vcpu'],
    locals: ['vm', 'root'],
    leftOut: 'shadow roots, PAE roots, make_mmu_pages_available',
  },
  {
    write_lock: [
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock));
      },
      (l) => call(fn.kvm_tdp_mmu_get_vcpu_root_hpa, 'set_root_hpa', l.vcpu),
    ],
    set_root_hpa: [
      null,
      (l, root) => {
        l.root = root;
        return 'store_root_hpa';
      },
    ],
    store_root_hpa: [
      (l) => op.load_root(l.vcpu, 0, l.w.pageWord(l.root, PAGE.ROLE), l.root),
      () => 'write_unlock',
    ],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
