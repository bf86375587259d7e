// kvm_tdp_mmu_zap_invalidated_roots() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Waits until the workers have zapped what was queued so far, roots queued by put_root included (flush_workqueue).
// Context: slots_lock held, mmu_lock not.
// Left out: nothing.
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_tdp_mmu_zap_invalidated_roots_v5_18 = procedure(
  'kvm_tdp_mmu_zap_invalidated_roots',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'nothing',
  },
  {
    flush_workqueue: [(l) => op.wq_flush_start(l.vm), () => 'wait'],
    wait: [(l) => op.wq_flush_wait(l.vm), () => ret()],
  },
);
