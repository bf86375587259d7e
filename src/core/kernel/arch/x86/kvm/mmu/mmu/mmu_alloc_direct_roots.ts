// mmu_alloc_direct_roots() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Gets a root of the wanted role into root.hpa.
// Context: no lock; the look-up takes mmu_lock.
// Left out: shadow roots, PAE roots, make_mmu_pages_available.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_alloc_direct_roots = procedure(
  'mmu_alloc_direct_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['root'],
    leftOut: 'shadow roots, PAE roots, make_mmu_pages_available',
  },
  {
    get_vcpu_root: [null, (l) => call(fn.kvm_tdp_mmu_get_vcpu_root_hpa, 'set_root_hpa', l.vcpu)],
    set_root_hpa: [
      null,
      (l, root) => {
        l.root = root;
        return 'store_root_hpa';
      },
    ],
    store_root_hpa: [(l) => op.load_root(l.vcpu, 0, l.w.pageWord(l.root, PAGE.ROLE), l.root), () => ret()],
  },
);
