// kvm_destroy_vm() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// The last user is gone. mmu_notifier_unregister runs release first, if the process's end has not run it already: every
// SPTE goes, the roots stay. Then the vCPUs drop them, and the MMU goes.
// Context: process, no lock; users_count is 0.
// Left out: devices, buses, the VM list, memslots and SRCU (nothing can look at them any more).
import { VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_destroy_vm = procedure(
  'kvm_destroy_vm',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'devices, buses, the VM list, memslots and SRCU (nothing can look at them any more)',
  },
  {
    begin: [(l) => op.vm_event(E.VmDestroyBegun, l.vm), () => 'mmu_notifier_unregister'],
    mmu_notifier_unregister: [
      (l) => op.read_vm(l.vm, VM.RELEASED),
      (l, released) =>
        released !== 0 ? 'arch_destroy_vm' : call(fn.kvm_mmu_notifier_release, 'arch_destroy_vm', l.vm),
    ],
    arch_destroy_vm: [null, (l) => call(fn.kvm_arch_destroy_vm, 'free_vm', l.vm)],
    free_vm: [
      (l) => op.vm_event(E.VmDestroyed, l.vm, l.w.vmWord(l.vm, VM.ROOTS), l.w.vmWord(l.vm, VM.TDP_MMU_PAGES)),
      () => ret(),
    ],
  },
);
