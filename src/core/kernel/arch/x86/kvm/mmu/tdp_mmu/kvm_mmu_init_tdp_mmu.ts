// kvm_mmu_init_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Empty lists. Nothing that could fail.
// Context: process. Returns 0.
// Left out: the tdp_mmu module parameter (off by default until v5.15; it is on here).
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_mmu_init_tdp_mmu = procedure(
  'kvm_mmu_init_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm'],
    leftOut: 'the tdp_mmu module parameter (it is on)',
  },
  {
    init_list_head: [null, () => ret(0)],
  },
);
