// kvm_mmu_init_tdp_mmu() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Creates the VM's zap work queue. The roots list starts empty.
// Context: process. Returns 0.
// Left out: the tdp_mmu module parameter (it is on), a failing alloc_workqueue (B11).
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_mmu_init_tdp_mmu_v5_18 = procedure(
  'kvm_mmu_init_tdp_mmu',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'the tdp_mmu module parameter (it is on), a failing alloc_workqueue (B11)',
  },
  {
    alloc_workqueue: [(l) => op.vm_event(E.WorkqueueCreated, l.vm), () => ret(0)],
  },
);
