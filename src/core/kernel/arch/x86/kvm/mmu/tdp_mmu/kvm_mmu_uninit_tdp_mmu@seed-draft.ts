// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, seed draft (13 Apr 2023)
// The draft first invalidates every root -- with mmu_lock not held and outside RCU (B13) -- so that the zaps put the
// TDP MMU's own references; destroying the work queue then waits for them.
// Context: VM destruction, no lock.
// Left out: the tdp_mmu_enabled test.
import { VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

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
    destroy_workqueue: [(l) => op.wq_flush_start(l.vm), () => 'drain_workqueue'],
    drain_workqueue: [(l) => op.wq_flush_wait(l.vm), () => 'workqueue_gone'],
    workqueue_gone: [
      (l) => op.vm_event(E.WorkqueueDestroyed, l.vm, l.w.vmWord(l.vm, VM.WQ_PENDING)),
      () => 'warn_tdp_mmu_pages',
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
