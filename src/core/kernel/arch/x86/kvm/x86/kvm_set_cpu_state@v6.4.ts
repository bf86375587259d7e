// kvm_post_set_cr0(), kvm_post_set_cr4(), set_efer() and their like, as one -- arch/x86/kvm/x86.c, v6.4 (01b31714bd90)
// As before, but a write that toggles CR0.WP and nothing else keeps the roots: with paging off nothing depends on it,
// with TDP only the roles are computed anew.
// Context: the vCPU's own thread. cause: RESET.
// Left out: as in kvm_set_cpu_state.ts.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';
import { kvm_set_cpu_state_steps } from './kvm_set_cpu_state.js';

export const kvm_set_cpu_state_v6_4 = procedure(
  'kvm_set_cpu_state',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v6.4',
    params: ['vcpu', 'newState', 'cause'],
    locals: ['changed'],
    leftOut: 'the TLB flushes for CR0.PG and CR4.PGE or PCIDE (guest translations only), PDPTRs, CR3',
  },
  {
    ...kvm_set_cpu_state_steps,
    set_state: [
      (l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.newState, l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE)),
      (l) => {
        if (l.changed === CPU_STATE.CR0_WP) {
          return (l.newState & CPU_STATE.CR0_PG) === 0 ? ret() : call(fn.kvm_init_mmu, 'done', l.vcpu);
        }
        return (l.changed & CPU_STATE.GUEST_MODE) !== 0
          ? call(fn.kvm_init_mmu, 'new_pgd', l.vcpu)
          : call(fn.kvm_mmu_reset_context, 'done', l.vcpu, l.cause);
      },
    ],
  },
);
