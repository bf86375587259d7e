// mmu_alloc_direct_roots() -- arch/x86/kvm/mmu/mmu.c, v6.14 (fabaa7650148)
// As before; a vCPU of a VM with external page tables (constant mirroredTdp 1: kvm_has_mirrored_tdp, TDX) gets its mirror root first.
// It is loaded once: no reset and no invalidation takes it away before the vCPU dies.
// Context: the vCPU's own thread, no lock.
// Left out: shadow roots, PAE roots, make_mmu_pages_available.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_alloc_direct_roots_v6_14 = procedure(
  'mmu_alloc_direct_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.14',
    params: ['vcpu'],
    leftOut: 'shadow roots, PAE roots, make_mmu_pages_available',
  },
  {
    kvm_has_mirrored_tdp: [
      null,
      (l) =>
        l.env.constants.mirroredTdp === 1 && l.w.vcpuWord(l.vcpu, VCPU.MIRROR_ROOT) === 0
          ? call(fn.kvm_tdp_mmu_alloc_root, 'alloc_root', l.vcpu, 1)
          : call(fn.kvm_tdp_mmu_alloc_root, 'done', l.vcpu, 0),
    ],
    alloc_root: [null, (l) => call(fn.kvm_tdp_mmu_alloc_root, 'done', l.vcpu, 0)],
    done: [null, () => ret()],
  },
);
