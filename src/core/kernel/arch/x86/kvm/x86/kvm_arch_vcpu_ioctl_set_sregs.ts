// kvm_arch_vcpu_ioctl_set_sregs() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// KVM_SET_SREGS: one context reset if CR0, CR3, CR4 or EFER differ from what they were, none otherwise.
// Context: the thread that made the ioctl; the vCPU is not running. alwaysReset 1: something differs that is no state
// bit here (CR3, CR0.PE).
// Left out: segments, the interrupt bitmap, the check of the values.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

/** The state bits that struct kvm_sregs holds; SMM, guest mode and the level are not in it. */
const SREGS_BITS =
  CPU_STATE.CR0_PG | CPU_STATE.CR0_WP | CPU_STATE.CR4_PSE | CPU_STATE.CR4_SMEP | CPU_STATE.EFER_NX;

export const kvm_arch_vcpu_ioctl_set_sregs = procedure(
  'kvm_arch_vcpu_ioctl_set_sregs',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu', 'newState', 'alwaysReset'],
    locals: ['before', 'after'],
    leftOut: 'segments, the interrupt bitmap, the check of the values',
  },
  {
    compare: [
      null,
      (l) => {
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        l.after = (l.before & ~SREGS_BITS) | (l.newState & SREGS_BITS);
        if (l.after !== l.before) return 'set_state';
        return l.alwaysReset === 1 ? 'reset_context' : ret();
      },
    ],
    set_state: [(l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.after, l.before), () => 'reset_context'],
    reset_context: [null, (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.SET_SREGS)],
    done: [null, () => ret()],
  },
);
