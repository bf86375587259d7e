// em_rsm() -- arch/x86/kvm/emulate.c, v5.10 (emulator_leave_smm from v5.18)
// RSM: the flag goes off first; loading the saved state resets the context (and puts the SMM root); then kvm_smm_changed() resets it
// once more, with nothing to put. So the recordings 5.10.262 show it: reset, "leaving SMM", reset, whatever the saved state is.
// Context: the vCPU's own thread, in SMM.
// Left out: which register's write makes the first reset (no recording tells; here all saved bits are loaded, then one reset), the
// SMRAM image, segments, a bad image's triple fault.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

/** What RSM loads from the saved state. */
const SAVED =
  CPU_STATE.GUEST_MODE |
  CPU_STATE.EFER_NX |
  CPU_STATE.CR4_PSE |
  CPU_STATE.CR4_SMEP |
  CPU_STATE.CR0_PG |
  CPU_STATE.CR0_WP;

export const emulator_leave_smm = procedure(
  'emulator_leave_smm',
  {
    file: 'arch/x86/kvm/emulate.c',
    since: 'v5.10',
    params: ['vcpu'],
    locals: ['before'],
    leftOut:
      "which register's write makes the first reset, the SMRAM image, segments, a bad image's triple fault",
  },
  {
    rsm_load_state: [
      (l) => {
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        const saved = l.w.vcpuWord(l.vcpu, VCPU.SMM_SAVED_STATE) & SAVED;
        const state = (l.before & ~(SAVED | CPU_STATE.SMM)) | saved;
        op.tell_vcpu(E.GuestStateChanged, l.vcpu, state, l.before);
      },
      (l) => call(fn.kvm_mmu_reset_context, 'post_leave_smm', l.vcpu, RESET.CR_WRITE),
    ],
    post_leave_smm: [null, (l) => call(fn.kvm_smm_changed, 'done', l.vcpu, 0)],
    done: [null, () => ret()],
  },
);
