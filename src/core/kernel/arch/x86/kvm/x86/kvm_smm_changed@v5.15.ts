// kvm_smm_changed() -- arch/x86/kvm/x86.c (smm.c from v6.2), v5.15 (as of v6.3-rc)
// Sets or clears HF_SMM_MASK and resets the MMU context: the root's role depends on it.
// Context: the vCPU's own thread. entering: 1 SMI, 0 RSM.
// Left out: the processing of an INIT or SIPI that SMM held back.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_smm_changed_v5_15 = procedure(
  'kvm_smm_changed',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.15',
    params: ['vcpu', 'entering'],
    locals: ['before'],
    leftOut: 'the processing of an INIT or SIPI that SMM held back',
  },
  {
    trace_kvm_smm_transition: [
      (l) =>
        l.entering === 1
          ? op.tell_vcpu(E.SmmEntered, l.vcpu, l.w.vcpuWord(l.vcpu, VCPU.SMI_ASYNCHRONOUS))
          : op.tell_vcpu(E.SmmLeft, l.vcpu),
      (l) => {
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        return 'hflags';
      },
    ],
    hflags: [
      (l) =>
        op.tell_vcpu(
          E.GuestStateChanged,
          l.vcpu,
          // The vendor's enter_smm hook has left a nested guest by now: SMM and guest mode exclude each other.
          l.entering === 1 ? (l.before & ~CPU_STATE.GUEST_MODE) | CPU_STATE.SMM : l.before & ~CPU_STATE.SMM,
          l.before,
        ),
      (l) =>
        call(fn.kvm_mmu_reset_context, 'done', l.vcpu, l.entering === 1 ? RESET.SMM_ENTER : RESET.SMM_LEAVE),
    ],
    done: [null, () => ret()],
  },
);
