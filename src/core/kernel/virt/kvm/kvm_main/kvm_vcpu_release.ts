// kvm_vcpu_release() -- virt/kvm/kvm_main.c, v5.18
// A vCPU's file is closed: its reference to the VM goes. The vCPU itself, and the roots it holds, live as long as the VM.
// Context: process, no lock.
// Left out: nothing.
import { VCPU } from '../../../../aggregates/layout.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_vcpu_release = procedure(
  'kvm_vcpu_release',
  { file: 'virt/kvm/kvm_main.c', since: 'v5.18', params: ['vcpu'], leftOut: 'nothing' },
  {
    put: [null, (l) => call(fn.kvm_put_kvm, 'done', l.w.vcpuWord(l.vcpu, VCPU.VM))],
    done: [null, () => ret()],
  },
);
