// emulator_leave_smm() -- arch/x86/kvm/x86.c (emulate.c's em_rsm before v5.18, smm.c from v6.2), v5.15 (as of v6.3-rc)
// RSM: out of SMM with a context reset, then the saved state is loaded; each write of EFER, CR4 or CR0 that changes a
// role bit resets again (with nothing to put).
// Context: the vCPU's own thread, in SMM.
// Left out: the SMRAM image, segments, the vendor hook's work (guest mode comes back as a state bit), a bad image's
// triple fault.
import { VCPU } from '../../../../../aggregates/layout.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

const REAL_MODE = CPU_STATE.CR0_PG | CPU_STATE.CR4_PSE | CPU_STATE.CR4_SMEP | CPU_STATE.EFER_NX;
const CR4 = CPU_STATE.CR4_PSE | CPU_STATE.CR4_SMEP;
const CR0 = CPU_STATE.CR0_PG | CPU_STATE.CR0_WP;

export const emulator_leave_smm_v5_15 = procedure(
  'emulator_leave_smm',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.15',
    params: ['vcpu'],
    locals: ['saved'],
    leftOut: "the SMRAM image, segments, the vendor hook's work, a bad image's triple fault",
  },
  {
    load_smram: [
      null,
      (l) => {
        l.saved = l.w.vcpuWord(l.vcpu, VCPU.SMM_SAVED_STATE);
        return call(fn.kvm_smm_changed, 'left', l.vcpu, 0);
      },
    ],
    // What the handler switched on goes off first: real mode is the state in which the saved values can be loaded.
    left: [
      null,
      (l) =>
        call(
          fn.kvm_set_cpu_state,
          'restore_guest_mode',
          l.vcpu,
          l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) & ~REAL_MODE,
          RESET.SMM_LEAVE,
        ),
    ],
    restore_guest_mode: [
      null,
      (l) =>
        call(fn.kvm_set_cpu_state, 'restore_efer', l.vcpu, restored(l, CPU_STATE.GUEST_MODE), RESET.NESTED),
    ],
    restore_efer: [
      null,
      (l) =>
        call(fn.kvm_set_cpu_state, 'restore_cr4', l.vcpu, restored(l, CPU_STATE.EFER_NX), RESET.CR_WRITE),
    ],
    restore_cr4: [
      null,
      (l) => call(fn.kvm_set_cpu_state, 'restore_cr0', l.vcpu, restored(l, CR4), RESET.CR_WRITE),
    ],
    restore_cr0: [null, (l) => call(fn.kvm_set_cpu_state, 'done', l.vcpu, restored(l, CR0), RESET.CR_WRITE)],
    done: [null, () => ret()],
  },
);

/** The CPU state with these bits as they were saved. */
function restored(
  l: {
    readonly vcpu: number;
    readonly saved: number;
    readonly w: { vcpuWord(i: number, field: number): number };
  },
  bits: number,
): number {
  return (l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE) & ~bits) | (l.saved & bits);
}
