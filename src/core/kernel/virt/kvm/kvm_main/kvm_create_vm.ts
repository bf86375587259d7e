// kvm_create_vm() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// KVM_CREATE_VM: users_count = 1 first, then the MMU. A failure behind kvm_mmu_init_vm takes the MMU down again, with
// users_count still 1 and no vCPU ever created.
// Context: process, no lock. level: 4 or 5 (host's TDP depth). failAfterMmuInit 1: a later step fails (-ENOMEM).
// Returns 0 or -errno.
// Left out: every allocation but the MMU's, the VM list, the registration of the MMU notifier (it is there from the start).
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

const ENOMEM = 12;

export const kvm_create_vm = procedure(
  'kvm_create_vm',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'level', 'failAfterMmuInit'],
    locals: ['errno'],
    leftOut: "every allocation but the MMU's, the VM list, the registration of the MMU notifier",
  },
  {
    users_count: [
      (l) => op.vm_event(E.VmCreated, l.vm, 1, l.level),
      (l) => call(fn.kvm_mmu_init_vm, 'mmu_initialized', l.vm),
    ],
    mmu_initialized: [
      null,
      (l, r) => {
        if (r < 0) {
          l.errno = -r;
          return 'out_err';
        }
        return l.failAfterMmuInit === 1 ? 'later_step_fails' : ret(0);
      },
    ],
    later_step_fails: [
      null,
      (l) => {
        l.errno = ENOMEM;
        return call(fn.kvm_mmu_uninit_vm, 'out_err', l.vm);
      },
    ],
    out_err: [(l) => op.vm_event(E.VmCreateFailed, l.vm, l.errno), (l) => ret(-l.errno)],
  },
);
