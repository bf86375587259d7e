// enter_smm() -- arch/x86/kvm/x86.c, v5.10
// Delivers an SMI: the flag, save state, clean CPU state, and ONE context reset at the end (recordings 5.10.262).
// Context: the vCPU's own thread, SRCU held, not in SMM.
// Left out: the SMRAM image in guest memory (the state bits that RSM needs are kept beside the vCPU), segments, CR3.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';
import { CLEARED_IN_SMM } from './enter_smm@v5.15.js';

export const enter_smm = procedure(
  'enter_smm',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['before'],
    leftOut:
      'the SMRAM image in guest memory (the state bits that RSM needs are kept beside the vCPU), segments, CR3',
  },
  {
    trace_kvm_enter_smm: [
      (l) => op.tell_vcpu(E.SmmEntered, l.vcpu, l.w.vcpuWord(l.vcpu, VCPU.SMI_ASYNCHRONOUS)),
      (l) => {
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        return 'set_cpu_state';
      },
    ],
    set_cpu_state: [
      (l) =>
        op.tell_vcpu(E.GuestStateChanged, l.vcpu, (l.before & ~CLEARED_IN_SMM) | CPU_STATE.SMM, l.before),
      (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.SMM_ENTER),
    ],
    done: [null, () => ret()],
  },
);
