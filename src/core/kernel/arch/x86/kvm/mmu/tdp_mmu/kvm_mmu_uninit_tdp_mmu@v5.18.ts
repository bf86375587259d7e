// kvm_mmu_uninit_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Drains the work queue, checks that nothing is left, waits for the RCU callbacks.
// Context: VM destruction, no lock. The leftover checks come BEFORE the barrier: freed pages may still be pending there.
// Left out: the tdp_mmu_enabled test.
import { VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, steps } from '../../../../../../machine/procedure.js';
import { leftover_checks } from './kvm_mmu_uninit_tdp_mmu@v5.13.js';

export const kvm_mmu_uninit_tdp_mmu_steps = steps(['vm'], [], {
  destroy_workqueue: [(l) => op.wq_flush_start(l.vm), () => 'drain_workqueue'],
  drain_workqueue: [(l) => op.wq_flush_wait(l.vm), () => 'workqueue_gone'],
  workqueue_gone: [
    (l) => op.vm_event(E.WorkqueueDestroyed, l.vm, l.w.vmWord(l.vm, VM.WQ_PENDING)),
    () => 'warn_tdp_mmu_pages',
  ],
  ...leftover_checks,
});

export const kvm_mmu_uninit_tdp_mmu_v5_18 = procedure(
  'kvm_mmu_uninit_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'the tdp_mmu_enabled test',
  },
  kvm_mmu_uninit_tdp_mmu_steps,
);
