// kvm_mmu_init_vm() -- arch/x86/kvm/mmu/mmu.c, v5.18
// The MMU's part of KVM_CREATE_VM.
// Context: process. Returns 0 or -errno.
// Left out: the shadow MMU's page lists, the page-track notifier, caches of split descriptors.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_init_vm = procedure(
  'kvm_mmu_init_vm',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm'],
    leftOut: "the shadow MMU's page lists, the page-track notifier, caches of split descriptors",
  },
  {
    init_tdp_mmu: [null, (l) => call(fn.kvm_mmu_init_tdp_mmu, 'done', l.vm)],
    done: [null, (_l, r) => ret(r)],
  },
);
