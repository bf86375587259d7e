// mmu_alloc_shadow_roots() -- arch/x86/kvm/mmu/mmu.c, v5.10
// A root of the shadow MMU for a nested guest into root.hpa. It is no root of the TDP MMU: on none of its lists, counted by the vCPUs
// that use it. level 3: PAE paging, whose root is a page of four entries without a shadow page of its own (B10i).
// Context: the vCPU's own thread; takes mmu_lock. Returns nothing.
// Left out: the nested guest's tables, shadow pages that are found again, make_mmu_pages_available, the roots behind PAE's four entries.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { shadow_root_role } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const mmu_alloc_shadow_roots = procedure(
  'mmu_alloc_shadow_roots',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu', 'level'],
    locals: ['vm', 'root'],
    leftOut: "the nested guest's tables, shadow pages that are found again, make_mmu_pages_available",
  },
  {
    vm: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        return 'write_lock';
      },
    ],
    write_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'mmu_alloc_root'],
    mmu_alloc_root: [
      (l) => op.alloc_root(l.vm, shadow_root_role(l.level), 1),
      (l, root) => {
        l.root = root;
        return 'set_root_hpa';
      },
    ],
    set_root_hpa: [(l) => op.load_root(l.vcpu, 0, shadow_root_role(l.level), l.root), () => 'write_unlock'],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
