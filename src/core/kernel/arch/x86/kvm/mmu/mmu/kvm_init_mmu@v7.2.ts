// kvm_init_mmu() -- arch/x86/kvm/mmu/mmu.c, 7.2
// Computes the role of the root that the vCPU wants next from its CPU state, in the layout of 7.2: `access` has a fourth bit.
// Context: the vCPU's own thread.
// Left out: guest_mmu and nested_mmu, the guest page-table walker, cr4_smep (EPT MBEC and AMD GMET only).
import { VCPU } from '../../../../../../aggregates/layout.js';
import { tdp_root_role_7_2 } from '../../../../../../aggregates/role.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_init_mmu_v7_2 = procedure(
  'kvm_init_mmu',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v7.2',
    params: ['vcpu'],
    leftOut: 'guest_mmu and nested_mmu, the guest page-table walker, cr4_smep',
  },
  {
    compute_role: [
      (l) =>
        op.tell_vcpu(
          E.RoleComputed,
          l.vcpu,
          tdp_root_role_7_2(l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE)),
          l.w.vcpuWord(l.vcpu, VCPU.ROLE),
        ),
      () => ret(),
    ],
  },
);
