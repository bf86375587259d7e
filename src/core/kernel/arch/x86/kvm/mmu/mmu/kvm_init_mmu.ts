// kvm_init_mmu() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Computes the role of the root that the vCPU wants next from its CPU state (kvm_calc_tdp_mmu_root_page_role).
// Context: the vCPU's own thread.
// Left out: guest_mmu and nested_mmu, the guest page-table walker.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { tdp_root_role } from '../../../../../../aggregates/role.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const kvm_init_mmu = procedure(
  'kvm_init_mmu',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    leftOut: 'guest_mmu and nested_mmu, the guest page-table walker',
  },
  {
    compute_role: [
      (l) =>
        op.tell_vcpu(
          E.RoleComputed,
          l.vcpu,
          tdp_root_role(l.w.vcpuWord(l.vcpu, VCPU.CPU_STATE), l.env.constants.roleBitsFromGuest === 1),
          l.w.vcpuWord(l.vcpu, VCPU.ROLE),
        ),
      () => ret(),
    ],
  },
);
