// kvm_mmu_free_obsolete_roots() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Consumer of KVM_REQ_MMU_FREE_OBSOLETE_ROOTS: drops only roots that were invalidated.
// Context: the vCPU's own thread, no lock.
// Left out: guest_mmu, roots without a shadow page.
import { VCPU } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_free_obsolete_roots = procedure(
  'kvm_mmu_free_obsolete_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu'],
    locals: ['slot', 'mask'],
    leftOut: 'guest_mmu, roots without a shadow page',
  },
  {
    // A slot without a root is never obsolete.
    next: [
      null,
      (l) => {
        while (l.slot < 4 && l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) === 0) l.slot++;
        if (l.slot < 4) return 'is_obsolete_root';
        return l.mask !== 0 ? call(fn.kvm_mmu_free_roots, 'done', l.vcpu, l.mask) : ret();
      },
    ],
    is_obsolete_root: [
      (l) => op.read_role(l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) - 1),
      (l, role) => {
        if (role_is_invalid(role)) l.mask |= 1 << l.slot;
        l.slot++;
        return 'next';
      },
    ],
    done: [null, () => ret()],
  },
);
