// kvm_mmu_init_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (a1a39128faac)
// Creates the VM's zap work queue. The roots list starts empty.
// Context: process. Returns 0, or -ENOMEM where there is no work queue (fault injection: constant allocWorkqueueFails; B11).
// Left out: the tdp_mmu module parameter (it is on).
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

const ENOMEM = 12;

export const kvm_mmu_init_tdp_mmu_v5_18 = procedure(
  'kvm_mmu_init_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'the tdp_mmu module parameter (it is on)',
  },
  {
    alloc_workqueue: [
      null,
      (l) => (l.env.constants.allocWorkqueueFails === 1 ? ret(-ENOMEM) : 'workqueue_there'),
    ],
    workqueue_there: [(l) => op.vm_event(E.WorkqueueCreated, l.vm), () => ret(0)],
  },
);
