// handle_exit() -- arch/x86/kvm/vmx/vmx.c (vmx_handle_exit) and svm/svm.c (svm_handle_exit), v5.18 (as of v6.3-rc)
// Does what the exit asks for. Both vendors' tables as far as the model tells exits apart.
// Context: the vCPU's own thread, SRCU held. Returns 1 go on, 0 to user space, < 0 errno.
// What access and gfn mean for each reason: machine/guest-port.ts.
// Left out: the emulator (an exit that KVM completes is behind the guest already), in-kernel devices, HLT in the kernel
// unless constant haltInKernel says so (then without the wait), nested exits.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { ACCESS, EXIT, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const handle_exit = procedure(
  'handle_exit',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu', 'reason', 'access', 'gfn'],
    leftOut: 'the emulator, in-kernel devices, the wait of a HLT, nested exits',
  },
  {
    dispatch: [
      null,
      (l) => {
        switch (l.reason) {
          case EXIT.EPT_VIOLATION:
            return call(fn.kvm_mmu_page_fault, 'done', l.vcpu, l.gfn, l.access);
          case EXIT.DR_ACCESS:
            // What KVM could do instead: emulate the MOV and skip it. The guest is behind it then.
            return l.env.constants.drEmulateFirstExit ? ret(1) : 'load_debug_registers';
          case EXIT.CR_ACCESS:
            if ((l.access & ACCESS.WRITE) === 0) return ret(1);
            return call(
              fn.kvm_set_cpu_state,
              'resume',
              l.vcpu,
              l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) ^ l.gfn,
              RESET.CR_WRITE,
            );
          case EXIT.RSM:
            return call(fn.emulator_leave_smm, 'resume', l.vcpu);
          case EXIT.IO_INSTRUCTION:
          case EXIT.EPT_MISCONFIG:
            return ret(0);
          case EXIT.HLT:
            return ret(l.env.constants.haltInKernel ? 1 : 0);
          default:
            return ret(1);
        }
      },
    ],
    // KVM_DEBUGREG_WONT_EXIT: loaded for the next entry only, the instruction is not skipped and runs again.
    load_debug_registers: [(l) => op.tell_vcpu(E.DebugRegistersLoaded, l.vcpu, 1), () => ret(1)],
    resume: [null, () => ret(1)],
    done: [null, (_l, r) => ret(r)],
  },
);
