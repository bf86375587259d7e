// kvm_age_gfn() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Clears the Accessed bits of a range of one address space.
// Context: mmu_lock held for write. Returns whether any page was young.
// Left out: the shadow MMU's rmaps.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_age_gfn = procedure(
  'kvm_age_gfn',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm', 'asId', 'start', 'end'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    tdp_mmu: [null, (l) => call(fn.kvm_tdp_mmu_age_gfn_range, 'done', l.vm, l.asId, l.start, l.end)],
    done: [null, (_l, answer) => ret(answer)],
  },
);
