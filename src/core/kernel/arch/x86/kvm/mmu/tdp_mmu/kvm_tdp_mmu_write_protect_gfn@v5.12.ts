// kvm_tdp_mmu_write_protect_gfn() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (as of v5.18)
// Write-protects the leaf (of minLevel or above) that maps gfn, in all roots of the slot's address space, valid or not, and so
// that fast_page_fault() does not undo it (MMU_WRITABLE goes, too). A plain walk: no reference is taken.
// Context: mmu_lock held for write, never yields; the caller flushes. Returns whether any SPTE changed.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { is_leaf_spte, is_nonleaf_spte, SPTE } from '../../../../../../aggregates/spte.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_as_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import {
  iter_table,
  NEXT_TABLE,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_start,
  tdp_iter_step_down,
  WALK_ENDS,
} from '../tdp_iter.js';

/** What is done with one root; the walk over the roots is the version's. */
export const write_protect_in_root = steps(
  ['vm', 'target', 'minLevel', 'root', 'anyChanged', ...TDP_ITER],
  ['list_next'],
  {
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, l.target);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.target + 1);
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte) && l.level > l.minLevel) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        const spte = l.spte & ~(SPTE.WRITABLE | SPTE.MMU_WRITABLE);
        if (!is_leaf_spte(l.spte) || spte === l.spte) return 'rcu_read_unlock';
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, spte);
      },
    ],
    changed: [
      null,
      (l) => {
        l.anyChanged = 1;
        return 'rcu_read_unlock';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'list_next'],
  },
);

export const kvm_tdp_mmu_write_protect_gfn_v5_12 = procedure(
  'kvm_tdp_mmu_write_protect_gfn',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
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
        return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === slot_as_id(l.w, l.slotId)
          ? 'rcu_read_lock'
          : 'list_next';
      },
    ],
    list_next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        if (root < 0) return ret(l.anyChanged);
        l.root = root;
        return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === slot_as_id(l.w, l.slotId)
          ? 'rcu_read_lock'
          : 'list_next';
      },
    ],
    ...write_protect_in_root,
  },
);
