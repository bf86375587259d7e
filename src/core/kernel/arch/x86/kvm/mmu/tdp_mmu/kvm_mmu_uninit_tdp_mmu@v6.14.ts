// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (35be969d1ef2, a89ecbb56bc7)
// Invalidates every root, mirror roots too, and zaps them itself, exclusively; then checks that nothing is left, then waits for
// the RCU callbacks.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { ROOT_TYPE } from '../../../../../../aggregates/role.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { leftover_checks } from './kvm_mmu_uninit_tdp_mmu@v5.13.js';

export const kvm_mmu_uninit_tdp_mmu_v6_14 = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  {
    invalidate_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_invalidate_roots, 'zap_invalidated_roots', l.vm, ROOT_TYPE.VALID),
    ],
    zap_invalidated_roots: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_invalidated_roots, 'warn_tdp_mmu_pages', l.vm, 0),
    ],
    ...leftover_checks,
  },
);
