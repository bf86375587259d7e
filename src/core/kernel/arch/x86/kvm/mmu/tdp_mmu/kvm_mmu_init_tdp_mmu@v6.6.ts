// kvm_mmu_init_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.6 (0df9dab891ff)
// Lists only, no work queue: it cannot fail.
// Context: process. Returns 0.
// Left out: the tdp_mmu module parameter (it is on).
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_mmu_init_tdp_mmu_v6_6 = procedure(
  'kvm_mmu_init_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.6',
    params: ['vm'],
    leftOut: 'the tdp_mmu module parameter (it is on)',
  },
  {
    init_list_head: [null, () => ret(0)],
  },
);
