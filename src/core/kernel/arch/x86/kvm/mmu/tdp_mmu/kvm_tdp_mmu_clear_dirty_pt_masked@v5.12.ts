// kvm_tdp_mmu_clear_dirty_pt_masked() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.12 (as of v5.18)
// For `pages` gfns from firstGfn on: write-protects their 4K leafs (wrprot 1) or clears their Dirty bits, in all roots of the
// slot's address space, valid or not. A plain walk: no reference is taken.
// Context: mmu_lock held for write, never yields; the caller flushes. Returns nothing.
// Left out: masks with holes (the caller passes runs of pages).
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
  PG_LEVEL_4K,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_start,
  tdp_iter_step_down,
  WALK_ENDS,
} from '../tdp_iter.js';

/** What is done with one root; the walk over the roots is the version's. */
export const clear_dirty_of_root = steps(
  ['vm', 'firstGfn', 'pages', 'wrprot', 'root', ...TDP_ITER],
  ['list_next'],
  {
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, l.firstGfn);
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, l.firstGfn + l.pages);
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        if (is_nonleaf_spte(l.spte)) {
          tdp_iter_step_down(l);
          return 'next_present';
        }
        const bit = l.wrprot ? SPTE.WRITABLE : SPTE.DIRTY;
        if (!is_leaf_spte(l.spte) || l.level > PG_LEVEL_4K || (l.spte & bit) === 0) {
          l.index++;
          return 'next_present';
        }
        return call(fn.tdp_mmu_set_spte, 'changed', l.vm, iter_table(l), l.index, l.spte & ~bit);
      },
    ],
    changed: [
      null,
      (l) => {
        l.index++;
        return 'next_present';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'list_next'],
  },
);

export const kvm_tdp_mmu_clear_dirty_pt_masked_v5_12 = procedure(
  'kvm_tdp_mmu_clear_dirty_pt_masked',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.12',
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
        return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === slot_as_id(l.w, l.slotId)
          ? 'rcu_read_lock'
          : 'list_next';
      },
    ],
    list_next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        if (root < 0) return ret();
        l.root = root;
        return role_as_id(l.w.pageWord(root, PAGE.ROLE)) === slot_as_id(l.w, l.slotId)
          ? 'rcu_read_lock'
          : 'list_next';
      },
    ],
    ...clear_dirty_of_root,
  },
);
