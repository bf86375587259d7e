// kvm_arch_destroy_vm() -- arch/x86/kvm/x86.c, v5.18 (as of v6.3-rc)
// Unloads the MMU of every vCPU in index order, frees the vCPUs, then the VM's MMU.
// Context: VM destruction (or a KVM_CREATE_VM that fails after kvm_arch_init_vm), no lock.
// Left out: the three internal memslots (APIC access page, TSS, identity map) that are deleted first when current->mm is
// the VM's: VMs without an in-kernel irqchip have none, and none of the recordings shows their kvm_mmu_zap_all_fast.
import { VCPU, VCPU_STATE, VM } from '../../../../../aggregates/layout.js';
import type { World } from '../../../../../aggregates/world.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

/** The live vCPU with this index, or -1. */
function vcpu_by_index(w: World, vm: number, index: number): number {
  for (let v = 0; v < w.vcpus; v++) {
    if (
      w.vcpuWord(v, VCPU.STATE) === VCPU_STATE.live &&
      w.vcpuWord(v, VCPU.VM) === vm &&
      w.vcpuWord(v, VCPU.INDEX) === index
    ) {
      return v;
    }
  }
  return -1;
}

/** The live vCPU of the VM with the smallest index from `from` on, or -1: kvm_for_each_vcpu. */
export function next_vcpu(w: World, vm: number, from: number): number {
  // Indexes may have gaps; none is above the number of vCPUs that the machine has.
  for (let i = from; i < w.vcpus && w.vmWord(vm, VM.CREATED_VCPUS) > 0; i++) {
    const v = vcpu_by_index(w, vm, i);
    if (v >= 0) return v;
  }
  return -1;
}

export const kvm_arch_destroy_vm = procedure(
  'kvm_arch_destroy_vm',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.18',
    params: ['vm'],
    locals: ['index', 'vcpu'],
    leftOut:
      'the deletion of the internal memslots (APIC access page, TSS, identity map): VMs without an in-kernel irqchip have none, the recordings show none',
  },
  {
    kvm_unload_vcpu_mmus: [
      null,
      (l) => {
        l.vcpu = next_vcpu(l.w, l.vm, l.index);
        if (l.vcpu < 0) {
          l.index = 0;
          return 'kvm_destroy_vcpus';
        }
        return call(fn.kvm_mmu_unload, 'unloaded', l.vcpu);
      },
    ],
    unloaded: [
      null,
      (l) => {
        l.index = l.w.vcpuWord(l.vcpu, VCPU.INDEX) + 1;
        return 'kvm_unload_vcpu_mmus';
      },
    ],
    kvm_destroy_vcpus: [
      null,
      (l) => {
        l.vcpu = next_vcpu(l.w, l.vm, l.index);
        return l.vcpu < 0
          ? call(fn.kvm_mmu_uninit_vm, 'done', l.vm)
          : call(fn.kvm_arch_vcpu_destroy, 'kvm_destroy_vcpus', l.vcpu);
      },
    ],
    done: [null, () => ret()],
  },
);
