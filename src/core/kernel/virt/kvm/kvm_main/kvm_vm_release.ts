// kvm_vm_release() -- virt/kvm/kvm_main.c, v5.18
// The VM's file is closed: its reference goes. vCPU files that are still open keep the VM.
// Context: process, no lock.
// Left out: irqfds.
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_vm_release = procedure(
  'kvm_vm_release',
  { file: 'virt/kvm/kvm_main.c', since: 'v5.18', params: ['vm'], leftOut: 'irqfds' },
  {
    put: [null, (l) => call(fn.kvm_put_kvm, 'done', l.vm)],
    done: [null, () => ret()],
  },
);
