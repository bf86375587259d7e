// enter_smm() -- arch/x86/kvm/x86.c (smm.c from v6.2), v5.15 (as of v6.3-rc)
// Delivers an SMI: into SMM with the first context reset, save state, clean CPU state, second context reset.
// Context: the vCPU's own thread, SRCU held, not in SMM.
// Left out: the SMRAM image in guest memory (the state bits that RSM needs are kept beside the vCPU), segments, CR3.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE, RESET } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

/** CR0.PG, all of CR4, EFER and guest mode are off in SMM; CR0.WP stays. */
export const CLEARED_IN_SMM =
  CPU_STATE.CR0_PG | CPU_STATE.CR4_PSE | CPU_STATE.CR4_SMEP | CPU_STATE.EFER_NX | CPU_STATE.GUEST_MODE;

export const enter_smm_v5_15 = procedure(
  'enter_smm',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.15',
    params: ['vcpu'],
    locals: ['before'],
    leftOut:
      'the SMRAM image in guest memory (the state bits that RSM needs are kept beside the vCPU), segments, CR3',
  },
  {
    smm_changed: [null, (l) => call(fn.kvm_smm_changed, 'entered', l.vcpu, 1)],
    entered: [
      null,
      (l) => {
        l.before = l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
        return (l.before & CLEARED_IN_SMM) !== 0 ? 'set_cpu_state' : 'reset_context';
      },
    ],
    // The vendor's set_cr0, set_cr4 and set_efer directly: no kvm_post_set_*, so no reset here.
    set_cpu_state: [
      (l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.before & ~CLEARED_IN_SMM, l.before),
      () => 'reset_context',
    ],
    // Nothing is left to drop; the roles are computed anew.
    reset_context: [null, (l) => call(fn.kvm_mmu_reset_context, 'done', l.vcpu, RESET.SMM_ENTER_CPU_STATE)],
    done: [null, () => ret()],
  },
);
