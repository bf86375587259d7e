// kvm_arch_destroy_vm() -- arch/x86/kvm/x86.c, 7.2 (recording 7.2.13 plain: unload, destroy, unload, destroy)
// As before, but no vCPU's MMU is unloaded ahead of its destruction: each vCPU in index order drops its roots and dies, then the
// VM's MMU goes.
// Context: VM destruction (or a KVM_CREATE_VM that fails after kvm_arch_init_vm), no lock.
// Left out: as in kvm_arch_destroy_vm.ts.
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';
import { next_vcpu } from './kvm_arch_destroy_vm.js';

export const kvm_arch_destroy_vm_v7_2 = procedure(
  'kvm_arch_destroy_vm',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v7.2',
    params: ['vm'],
    locals: ['vcpu'],
    leftOut:
      'the deletion of the internal memslots (APIC access page, TSS, identity map): VMs without an in-kernel irqchip have none, the recordings show none',
  },
  {
    kvm_destroy_vcpus: [
      null,
      (l) => {
        l.vcpu = next_vcpu(l.w, l.vm, 0);
        return l.vcpu < 0
          ? call(fn.kvm_mmu_uninit_vm, 'done', l.vm)
          : call(fn.kvm_arch_vcpu_destroy, 'kvm_destroy_vcpus', l.vcpu);
      },
    ],
    done: [null, () => ret()],
  },
);
