// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.6 (0df9dab891ff)
// Invalidates every root and zaps them itself (shared), which puts the TDP MMU's own references; then checks that
// nothing is left, then waits for the RCU callbacks.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { VM } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

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
    warn_tdp_mmu_pages: [
      (l) => op.read_vm(l.vm, VM.TDP_MMU_PAGES),
      (_l, pages) => (pages !== 0 ? 'report_tdp_mmu_pages' : 'warn_tdp_mmu_roots'),
    ],
    report_tdp_mmu_pages: [
      (l) => op.report(ASSERTION.WARN_TABLES_LEFT, l.w.vmWord(l.vm, VM.TDP_MMU_PAGES)),
      () => 'warn_tdp_mmu_roots',
    ],
    warn_tdp_mmu_roots: [
      (l) => op.read_vm(l.vm, VM.ROOTS),
      (_l, roots) => (roots !== 0 ? 'report_tdp_mmu_roots' : 'rcu_barrier'),
    ],
    report_tdp_mmu_roots: [
      (l) => op.report(ASSERTION.WARN_ROOTS_LEFT, l.w.vmWord(l.vm, VM.ROOTS)),
      () => 'rcu_barrier',
    ],
    rcu_barrier: [() => op.rcu_barrier(), () => ret()],
  },
);
