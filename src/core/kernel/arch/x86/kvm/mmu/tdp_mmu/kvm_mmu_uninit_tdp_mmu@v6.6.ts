// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.6 (0df9dab891ff)
// Invalidates every root and zaps them itself (shared), which puts the TDP MMU's own references; then checks that
// nothing is left, then waits for the RCU callbacks.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { leftover_checks } from './kvm_mmu_uninit_tdp_mmu@v5.13.js';

export const kvm_mmu_uninit_tdp_mmu_v6_6 = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.6',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  {
    invalidate_all_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_invalidate_all_roots, 'zap_invalidated_roots', l.vm),
    ],
    zap_invalidated_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'warn_tdp_mmu_pages', l.vm),
    ],
    ...leftover_checks,
  },
);
