// kvm_vm_ioctl_create_vcpu() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// A new vCPU: created_vcpus first, then its MMU (roles, no root), then its reference to the VM.
// Context: process, no lock. vcpu: number of the vCPU in the machine. Returns 0 or -EEXIST.
// Left out: every allocation, kvm->lock around the count, the file descriptor.
import { VCPU, VCPU_STATE } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

const EEXIST = 17;

export const kvm_vm_ioctl_create_vcpu = procedure(
  'kvm_vm_ioctl_create_vcpu',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'vcpu', 'index'],
    leftOut: 'every allocation, kvm->lock around the count, the file descriptor',
  },
  {
    exists: [
      null,
      (l) => (l.w.vcpuWord(l.vcpu, VCPU.STATE) !== VCPU_STATE.none ? ret(-EEXIST) : 'created_vcpus'),
    ],
    created_vcpus: [
      (l) => op.vcpu_event(E.VcpuCreated, l.vcpu, l.vm, l.index, l.vcpu),
      (l) => call(fn.kvm_init_mmu, 'kvm_mmu_created', l.vcpu),
    ],
    kvm_mmu_created: [null, (l) => call(fn.kvm_get_kvm, 'done', l.vm)],
    done: [null, () => ret(0)],
  },
);
