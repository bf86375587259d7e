// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, seed draft (13 Apr 2023)
// The draft first invalidates every root -- with mmu_lock not held and outside RCU (B13) -- so that the zaps put the
// TDP MMU's own references; destroying the work queue then waits for them.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { kvm_mmu_uninit_tdp_mmu_steps } from './kvm_mmu_uninit_tdp_mmu@v5.18.js';

export const kvm_mmu_uninit_tdp_mmu_seed_draft = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'seed draft (13 Apr 2023)',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  {
    invalidate_all_roots: [null, (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'destroy_workqueue', l.vm)],
    ...kvm_mmu_uninit_tdp_mmu_steps,
  },
);
