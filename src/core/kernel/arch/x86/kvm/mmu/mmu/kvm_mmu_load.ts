// kvm_mmu_load() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Looks up or makes the root, then always flushes the TLB for its tag: this flush is why nobody flushes when an invalid
// root is zapped or freed.
// Context: the vCPU's own thread, may sleep.
// Left out: topping up the page caches, kvm_mmu_sync_roots (nothing to do for direct roots).
import { VCPU } from '../../../../../../aggregates/layout.js';
import { FLUSH } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_load = procedure(
  'kvm_mmu_load',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'topping up the page caches, kvm_mmu_sync_roots (nothing to do for direct roots)',
  },
  {
    alloc_roots: [null, (l) => call(fn.mmu_alloc_direct_roots, 'flush_tlb_current', l.vcpu)],
    flush_tlb_current: [
      (l) => op.flush_tlb(l.vcpu, FLUSH.LOAD, l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1),
      () => ret(),
    ],
  },
);
