// kvm_get_kvm() -- virt/kvm/kvm_main.c, v5.18
// One more user of the VM.
// Context: any; the caller holds a reference.
// Left out: nothing.
import { VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { procedure, ret } from '../../../../machine/procedure.js';

export const kvm_get_kvm = procedure(
  'kvm_get_kvm',
  { file: 'virt/kvm/kvm_main.c', since: 'v5.18', params: ['vm'], leftOut: 'nothing' },
  {
    refcount_inc: [
      (l) => op.vm_event(E.VmUsersChanged, l.vm, l.w.vmWord(l.vm, VM.USERS_COUNT) + 1),
      () => ret(),
    ],
  },
);
