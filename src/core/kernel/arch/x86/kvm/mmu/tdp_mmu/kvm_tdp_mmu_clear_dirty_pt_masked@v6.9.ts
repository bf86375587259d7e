// kvm_tdp_mmu_clear_dirty_pt_masked() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (d746182337c2)
// For `pages` gfns from firstGfn on: write-protects their 4K leafs (wrprot 1) or clears their Dirty bits, in the VALID roots of the
// slot's address space. A plain walk: no reference is taken.
// Context: mmu_lock held for write, never yields; the caller flushes. Returns nothing.
// Left out: masks with holes (the caller passes runs of pages).
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id, role_is_invalid } from '../../../../../../aggregates/role.js';
import type { World } from '../../../../../../aggregates/world.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { slot_as_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { TDP_ITER } from '../tdp_iter.js';
import { clear_dirty_of_root } from './kvm_tdp_mmu_clear_dirty_pt_masked@v5.12.js';

/** for_each_valid_tdp_mmu_root(): of the slot's address space, and valid (a writer holds the lock: that stays so). */
function is_meant(l: { readonly w: World; readonly slotId: number }, root: number): boolean {
  const role = l.w.pageWord(root, PAGE.ROLE);
  return !role_is_invalid(role) && role_as_id(role) === slot_as_id(l.w, l.slotId);
}

export const kvm_tdp_mmu_clear_dirty_pt_masked_v6_9 = procedure(
  'kvm_tdp_mmu_clear_dirty_pt_masked',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'slotId', 'firstGfn', 'pages', 'wrprot'],
    locals: ['root', ...TDP_ITER],
    leftOut: 'masks with holes',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'list_first',
    ],
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        if (root < 0) return ret();
        l.root = root;
        return is_meant(l, root) ? 'rcu_read_lock' : 'list_next';
      },
    ],
    list_next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        if (root < 0) return ret();
        l.root = root;
        return is_meant(l, root) ? 'rcu_read_lock' : 'list_next';
      },
    ],
    ...clear_dirty_of_root,
  },
);
