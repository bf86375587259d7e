// kvm_tdp_mmu_write_protect_gfn() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (d746182337c2)
// Write-protects the leaf (of minLevel or above) that maps gfn, in the VALID roots of the slot's address space, and so that
// fast_page_fault() does not undo it. A plain walk: no reference is taken.
// Context: mmu_lock held for write, never yields; the caller flushes. Returns whether any SPTE changed.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id, role_is_invalid } from '../../../../../../aggregates/role.js';
import type { World } from '../../../../../../aggregates/world.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { slot_as_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { TDP_ITER } from '../tdp_iter.js';
import { write_protect_in_root } from './kvm_tdp_mmu_write_protect_gfn@v5.12.js';

/** for_each_valid_tdp_mmu_root(): of the slot's address space, and valid (a writer holds the lock: that stays so). */
function is_meant(l: { readonly w: World; readonly slotId: number }, root: number): boolean {
  const role = l.w.pageWord(root, PAGE.ROLE);
  return !role_is_invalid(role) && role_as_id(role) === slot_as_id(l.w, l.slotId);
}

export const kvm_tdp_mmu_write_protect_gfn_v6_9 = procedure(
  'kvm_tdp_mmu_write_protect_gfn',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'slotId', 'target', 'minLevel'],
    locals: ['root', 'anyChanged', ...TDP_ITER],
    leftOut: 'nothing',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'list_first',
    ],
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        if (root < 0) return ret(l.anyChanged);
        l.root = root;
        return is_meant(l, root) ? 'rcu_read_lock' : 'list_next';
      },
    ],
    list_next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        if (root < 0) return ret(l.anyChanged);
        l.root = root;
        return is_meant(l, root) ? 'rcu_read_lock' : 'list_next';
      },
    ],
    ...write_protect_in_root,
  },
);
