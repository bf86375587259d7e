// kvm_mmu_reload() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Makes sure that the vCPU has a root before it enters the guest.
// Context: the vCPU's own thread.
// Left out: nothing.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_reload = procedure(
  'kvm_mmu_reload',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'nothing',
  },
  {
    root_hpa_valid: [
      null,
      (l) => (l.w.vcpuWord(l.vcpu, VCPU.ROOT) !== 0 ? ret() : call(fn.kvm_mmu_load, 'done', l.vcpu)),
    ],
    done: [null, () => ret()],
  },
);
