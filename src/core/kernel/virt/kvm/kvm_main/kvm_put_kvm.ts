// kvm_put_kvm() -- virt/kvm/kvm_main.c, v5.18
// One user less; the last one destroys the VM.
// Context: process, no lock.
// Left out: nothing.
import { VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_put_kvm = procedure(
  'kvm_put_kvm',
  { file: 'virt/kvm/kvm_main.c', since: 'v5.18', params: ['vm'], leftOut: 'nothing' },
  {
    refcount_dec_and_test: [
      (l) => op.vm_event(E.VmUsersChanged, l.vm, l.w.vmWord(l.vm, VM.USERS_COUNT) - 1),
      (l) => (l.w.vmWord(l.vm, VM.USERS_COUNT) === 0 ? call(fn.kvm_destroy_vm, 'done', l.vm) : ret()),
    ],
    done: [null, () => ret()],
  },
);
