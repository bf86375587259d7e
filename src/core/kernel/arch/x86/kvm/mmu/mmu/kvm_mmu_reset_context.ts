// kvm_mmu_reset_context() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Drops every root the vCPU holds and computes its roles anew.
// Context: the vCPU's own thread, no lock. cause: RESET.
// Left out: nothing.
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_reset_context = procedure(
  'kvm_mmu_reset_context',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'cause'],
    leftOut: 'nothing',
  },
  {
    reset: [
      (l) => op.tell_vcpu(E.ContextReset, l.vcpu, l.cause),
      (l) => call(fn.kvm_mmu_unload, 'init_mmu', l.vcpu),
    ],
    init_mmu: [null, (l) => call(fn.kvm_init_mmu, 'done', l.vcpu)],
    done: [null, () => ret()],
  },
);
