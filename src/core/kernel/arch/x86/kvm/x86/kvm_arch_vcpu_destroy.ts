// kvm_arch_vcpu_destroy() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// Frees a vCPU; its MMU is unloaded once more, and holds nothing by then.
// Context: VM destruction, no lock.
// Left out: everything of the vCPU but its MMU.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_arch_vcpu_destroy = procedure(
  'kvm_arch_vcpu_destroy',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'everything of the vCPU but its MMU',
  },
  {
    kvm_mmu_destroy: [null, (l) => call(fn.kvm_mmu_unload, 'destroyed', l.vcpu)],
    destroyed: [
      (l) =>
        op.tell_vcpu(
          E.VcpuDestroyed,
          l.vcpu,
          l.w.vcpuWord(l.vcpu, VCPU.VM),
          l.w.vcpuWord(l.vcpu, VCPU.INDEX),
        ),
      () => ret(),
    ],
  },
);
