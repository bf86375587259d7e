// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13
// Checks that nothing is left, then waits for the RCU callbacks.
// Context: VM destruction, no lock. The leftover checks come BEFORE the barrier: freed pages may still be pending there.
// Left out: the tdp_mmu_enabled test.
import { VM } from '../../../../../../aggregates/layout.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret, steps } from '../../../../../../machine/procedure.js';

/** The checks that nothing is left, and the barrier. */
export const leftover_checks = steps(['vm'], [], {
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
});

export const kvm_mmu_uninit_tdp_mmu_v5_13 = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  leftover_checks,
);
