// kvm_set_cpu_state(): kvm_post_set_cr0(), kvm_post_set_cr4(), set_efer() and their like, as one -- arch/x86/kvm/x86.c, v5.18
// New CPU state bits; every one of them is a role bit (KVM_MMU_CR0_ROLE_BITS and so on), so a change resets the MMU
// context, CR0.WP alone too. Guest mode is not a register: a nested transition switches the root through prev_roots.
// Context: the vCPU's own thread. cause: RESET.
// Left out: the TLB flushes for CR0.PG and CR4.PGE or PCIDE (guest translations only), PDPTRs, CR3.
import { VCPU } from '../../../../../aggregates/layout.js';
import { E } from '../../../../../events/catalogue.js';
import { CPU_STATE } from '../../../../../events/constants.js';
import { op } from '../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_set_cpu_state_steps = steps(['vcpu', 'newState', 'cause', 'changed'], [], {
  compare: [
    null,
    (l) => {
      l.changed = l.newState ^ l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE);
      return l.changed === 0 ? ret() : 'set_state';
    },
  ],
  set_state: [
    (l) => op.tell_vcpu(E.GuestStateChanged, l.vcpu, l.newState, l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE)),
    (l) =>
      (l.changed & CPU_STATE.GUEST_MODE) !== 0
        ? call(fn.kvm_init_mmu, 'new_pgd', l.vcpu)
        : call(fn.kvm_mmu_reset_context, 'done', l.vcpu, l.cause),
  ],
  new_pgd: [null, (l) => call(fn.kvm_mmu_new_pgd, 'done', l.vcpu)],
  done: [null, () => ret()],
});

export const kvm_set_cpu_state = procedure(
  'kvm_set_cpu_state',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vcpu', 'newState', 'cause'],
    locals: ['changed'],
    leftOut: 'the TLB flushes for CR0.PG and CR4.PGE or PCIDE (guest translations only), PDPTRs, CR3',
  },
  kvm_set_cpu_state_steps,
);
