// kvm_mmu_unload() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Drops the current root and all previous ones.
// Context: the vCPU's own thread, or VM destruction.
// Left out: guest_mmu (it never holds a TDP root here), the cached MMIO address.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_unload = procedure(
  'kvm_mmu_unload',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'guest_mmu (it never holds a TDP root here), the cached MMIO address',
  },
  {
    free_roots: [null, (l) => call(fn.kvm_mmu_free_roots, 'warn_valid', l.vcpu, 15)],
    warn_valid: [null, (l) => (l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0 ? 'report_still_valid' : ret())],
    report_still_valid: [(l) => op.report(ASSERTION.WARN_ROOT_STILL_VALID_AFTER_UNLOAD, l.vcpu), () => ret()],
  },
);
