// kvm_vcpu_pre_fault_memory(), kvm_vcpu_ioctl(KVM_PRE_FAULT_MEMORY) -- virt/kvm/kvm_main.c, before v6.11
// There is no such call yet.
// Context: the vCPU's own thread. Returns -ENOTTY.
// Left out: nothing.
import { procedure, ret } from '../../../../machine/procedure.js';

const ENOTTY = 25;

export const kvm_vcpu_pre_fault_memory = procedure(
  'kvm_vcpu_pre_fault_memory',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.10',
    params: ['vcpu', 'gfn', 'pages'],
    leftOut: 'nothing',
  },
  { no_such_ioctl: [null, () => ret(-ENOTTY)] },
);
