// mmu_alloc_direct_roots() -- arch/x86/kvm/mmu/mmu.c, v6.9 (dab285e4ec73)
// With the TDP MMU there is nothing left to do under mmu_lock held for write: the TDP MMU looks up, allocates and stores root.hpa.
// Context: the vCPU's own thread, no lock. Returns 0.
// Left out: shadow roots, PAE roots, make_mmu_pages_available.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_alloc_direct_roots_v6_9 = procedure(
  'mmu_alloc_direct_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.9',
    params: ['vcpu'],
    leftOut: 'shadow roots, PAE roots, make_mmu_pages_available',
  },
  {
    alloc_root: [null, (l) => call(fn.kvm_tdp_mmu_alloc_root, 'done', l.vcpu)],
    done: [null, () => ret()],
  },
);
