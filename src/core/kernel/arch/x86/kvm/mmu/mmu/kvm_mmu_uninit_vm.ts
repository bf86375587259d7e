// kvm_mmu_uninit_vm() -- arch/x86/kvm/mmu/mmu.c, v5.18
// The MMU's part of VM destruction; also of a KVM_CREATE_VM that fails later on.
// Context: process, no lock.
// Left out: the page-track notifier, caches of split descriptors.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_uninit_vm = procedure(
  'kvm_mmu_uninit_vm',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: 'the page-track notifier, caches of split descriptors',
  },
  {
    uninit_tdp_mmu: [null, (l) => call(fn.kvm_mmu_uninit_tdp_mmu, 'done', l.vm)],
    done: [null, () => ret()],
  },
);
