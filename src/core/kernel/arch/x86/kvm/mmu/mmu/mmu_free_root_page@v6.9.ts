// mmu_free_root_page() -- arch/x86/kvm/mmu/mmu.c, v6.9 (576a15de8d29)
// As before, with the assertion that a root of the TDP MMU is put under mmu_lock held for READ (B16 is what it found).
// Context: mmu_lock held for read. slot: number of ROOT_SLOTS (0: root.hpa).
// Left out: shadow roots.
import { LOCK_KIND, PAGE, ROOT_SLOTS, VCPU } from '../../../../../../aggregates/layout.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const mmu_free_root_page_v6_9 = procedure(
  'mmu_free_root_page',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.9',
    params: ['vcpu', 'slot', 'shared'],
    locals: ['vm', 'root'],
    leftOut: 'shadow roots',
  },
  {
    root_hpa_valid: [
      null,
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.root = l.w.vcpuWord(l.vcpu, ROOT_SLOTS[l.slot]) - 1;
        return l.root < 0 ? ret() : 'lockdep_assert_held_read';
      },
    ],
    lockdep_assert_held_read: [
      (l) => op.lockdep_assert_held_read(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_put_root, 'clear', l.vm, l.root, l.shared, HOLDER.vcpu),
    ],
    clear: [(l) => op.drop_root(l.vcpu, l.slot, l.w.pageWord(l.root, PAGE.ROLE), l.root), () => ret()],
  },
);
