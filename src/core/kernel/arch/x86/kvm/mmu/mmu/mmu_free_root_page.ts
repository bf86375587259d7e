// mmu_free_root_page() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Puts the root that one slot of the vCPU names, then clears the slot: in that order, both under the lock.
// Context: mmu_lock held; shared 1: for read. slot 0: root.hpa, 1..3: prev_roots.
// Left out: shadow roots.
import { PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_free_root_page = procedure(
  'mmu_free_root_page',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'slot', 'shared'],
    locals: ['vm', 'root'],
    leftOut: 'shadow roots',
  },
  {
    put: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.root = l.w.vcpuWord(l.vcpu, VCPU.ROOT + l.slot) - 1;
        return l.root < 0
          ? ret()
          : call(fn.kvm_tdp_mmu_put_root, 'clear', l.vm, l.root, l.shared, HOLDER.vcpu);
      },
    ],
    clear: [(l) => op.drop_root(l.vcpu, l.slot, l.w.pageWord(l.root, PAGE.ROLE), l.root), () => ret()],
  },
);
