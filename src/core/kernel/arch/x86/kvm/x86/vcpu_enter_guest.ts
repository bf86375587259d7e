// vcpu_enter_guest() -- arch/x86/kvm/x86.c, v5.10 (until v5.17)
// As vcpu_enter_guest@v5.18.ts, but for one request: KVM_REQ_MMU_RELOAD drops ALL roots of the vCPU, valid or not (527d5cd7eece made
// the request precise).
// Context: the vCPU's own thread; SRCU held at entry and at return, never in the guest. Returns 1 go on, 0 to user space,
// < 0 errno.
// Left out: as there.
import { REQ } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';
import { requests_pending, vcpu_enter_guest_steps } from './vcpu_enter_guest@v5.18.js';

const EIO = 5;
export const vcpu_enter_guest = procedure(
  'vcpu_enter_guest',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['reason', 'access', 'gfn', 'result'],
    leftOut:
      'interrupt windows and injection of anything but SMIs, preemption, guest time, the work of MMU_SYNC and LOAD_MMU_PGD',
  },
  {
    ...requests_pending,
    check_vm_dead: [
      (l) => op.check_request(l.vcpu, REQ.VM_DEAD),
      (_l, taken) => (taken ? ret(-EIO) : 'check_mmu_reload'),
    ],
    check_mmu_reload: [
      (l) => op.check_request(l.vcpu, REQ.MMU_RELOAD),
      (l, taken) => (taken ? call(fn.kvm_mmu_unload, 'unloaded', l.vcpu) : 'check_mmu_sync'),
    ],
    unloaded: [null, () => 'check_mmu_sync'],
    ...vcpu_enter_guest_steps,
  },
);
