// kvm_test_age_gfn() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Whether gfn was accessed.
// Context: mmu_lock held for write. Returns 1 when young.
// Left out: the shadow MMU's rmaps.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_test_age_gfn = procedure(
  'kvm_test_age_gfn',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm', 'asId', 'gfn'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    tdp_mmu: [null, (l) => call(fn.kvm_tdp_mmu_test_age_gfn, 'done', l.vm, l.asId, l.gfn)],
    done: [null, (_l, answer) => ret(answer)],
  },
);
