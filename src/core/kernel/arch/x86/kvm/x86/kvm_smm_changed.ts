// kvm_smm_changed() -- arch/x86/kvm/x86.c, v5.10
// Behind RSM: says that SMM was left, and resets the MMU context once more. (Entering SMM does not come here.)
// Context: the vCPU's own thread. entering: 0.
// Left out: the processing of an INIT or SIPI that SMM held back.
import { E } from '../../../../../events/catalogue.js';
import { RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_smm_changed = procedure(
  'kvm_smm_changed',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.10',
    params: ['vcpu', 'entering'],
    leftOut: 'the processing of an INIT or SIPI that SMM held back',
  },
  {
    trace_kvm_enter_smm: [
      (l) => op.tell_vcpu(E.SmmLeft, l.vcpu),
      (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.SMM_LEAVE),
    ],
    done: [null, () => ret()],
  },
);
