// vcpu_run() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// Enters the guest again and again until an exit is for user space. Holds SRCU outside the guest.
// Context: the vCPU's own thread, no lock. Returns the exit reason (EXIT), or -errno.
// Left out: blocking of a halted vCPU, signals, posted interrupts, completing an emulated I/O of the last exit.
import { VCPU } from '../../../../../aggregates/layout.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const vcpu_run = procedure(
  'vcpu_run',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu'],
    locals: ['result'],
    leftOut:
      'blocking of a halted vCPU, signals, posted interrupts, completing an emulated I/O of the last exit',
  },
  {
    srcu_read_lock: [(l) => op.srcu_read_lock(l.w.vcpuWord(l.vcpu, VCPU.VM)), () => 'enter'],
    enter: [null, (l) => call(fn.vcpu_enter_guest, 'entered', l.vcpu)],
    entered: [
      null,
      (l, result) => {
        if (result > 0) return 'enter';
        l.result = result === 0 ? l.w.vcpuWord(l.vcpu, VCPU.EXIT_REASON) : result;
        return 'srcu_read_unlock';
      },
    ],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.w.vcpuWord(l.vcpu, VCPU.VM)), (l) => ret(l.result)],
  },
);
