// tdp_mmu_schedule_zap_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Queues the zap of a root; the reference that the work will put is the caller's to provide (gift 1: the TDP MMU's own).
// Context: mmu_lock held in some mode, or VM destruction.
// Left out: INIT_WORK as a step of its own.
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const tdp_mmu_schedule_zap_root = procedure(
  'tdp_mmu_schedule_zap_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'root', 'gift'],
    leftOut: 'INIT_WORK as a step of its own',
  },
  {
    schedule_zap: [(l) => op.schedule_zap(l.root, l.gift), () => 'queue_work'],
    queue_work: [(l) => op.queue_work(l.vm, l.root), () => ret()],
  },
);
