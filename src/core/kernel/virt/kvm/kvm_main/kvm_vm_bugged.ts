// kvm_vm_bugged() and kvm_vm_dead() -- include/linux/kvm_host.h, v5.18; what KVM_BUG_ON does behind its report
// Marks the VM bugged and dead and tells every vCPU: KVM_RUN and all other calls on it fail with -EIO from here on. Whoever
// met the bug goes on.
// Context: any. assertion: ASSERTION. Returns nothing.
// Left out: that the report is made once only.
import { E } from '../../../../events/catalogue.js';
import { REQ } from '../../../../events/constants.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_vm_bugged = procedure(
  'kvm_vm_bugged',
  {
    file: 'include/linux/kvm_host.h',
    since: 'v5.18',
    params: ['vm', 'assertion'],
    leftOut: 'that the report is made once only',
  },
  {
    vm_dead: [
      (l) => op.vm_event(E.VmBugged, l.vm, l.assertion),
      (l) => call(fn.kvm_make_all_cpus_request, 'done', l.vm, REQ.VM_DEAD, 1),
    ],
    done: [null, () => ret()],
  },
);
