// kvm_vcpu_ioctl_set_cpuid2() -- arch/x86/kvm/cpuid.c, v5.10
// KVM_SET_CPUID2: at any time the model is taken over and the MMU context reset, whether it differs or not (recording reset1).
// Context: the thread that made the ioctl; the vCPU is not running. changed: bit 0 differs from the model in force,
// bit 1 guest MAXPHYADDR > 48 (then a host with 5-level TDP gives the vCPU 5-level roots). Returns 0.
// Left out: every other use of the CPUID model.
import { VCPU, VM } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_vcpu_ioctl_set_cpuid2 = procedure(
  'kvm_vcpu_ioctl_set_cpuid2',
  {
    file: 'arch/x86/kvm/cpuid.c',
    since: 'v5.10',
    params: ['vcpu', 'changed'],
    locals: ['before', 'after'],
    leftOut: 'every other use of the CPUID model',
  },
  {
    level: [
      null,
      (l) => {
        const five = (l.changed & 2) !== 0 && l.w.vmWord(l.w.vcpuWord(l.vcpu, VCPU.VM), VM.LEVEL) === 5;
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        l.after = five ? l.before | CPU_STATE.LEVEL_5 : l.before & ~CPU_STATE.LEVEL_5;
        return l.after !== l.before ? 'set_level' : 'reset_context';
      },
    ],
    set_level: [(l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.after, l.before), () => 'reset_context'],
    reset_context: [null, (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.CPUID)],
    done: [null, () => ret(0)],
  },
);
