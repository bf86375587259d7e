// kvm_tdp_mmu_zap_collapsible_sptes() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Zaps the tables of one slot that could be large leafs, so that the next faults install those, in the valid roots of its
// address space. Each zap is three steps (tdp_mmu_zap_spte_atomic): freeze, flush, clear: nobody may install a translation
// while CPUs can still hold the old one.
// Context: mmu_lock held for read; yields. The walk references every valid root. Returns whether any SPTE changed.
// Left out: nothing.
import { LOCK_KIND, PAGE, SLOT, SLOT_FLAG } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { is_nonleaf_spte, REMOVED_SPTE } from '../../../../../../aggregates/spte.js';
import type { World } from '../../../../../../aggregates/world.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { slot_as_id, slot_end, slot_start } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { can_map_huge_page } from '../mmu/huge-pages.js';
import {
  iter_table,
  made_progress,
  NEXT_TABLE,
  PG_LEVEL_2M,
  TDP_ITER,
  tdp_iter_next,
  tdp_iter_restart,
  tdp_iter_start,
  tdp_iter_step_down,
  WALK_ENDS,
} from '../tdp_iter.js';

/** kvm_mmu_max_mapping_level() says 2M for this entry. */
function collapsible(w: World, slotId: number, gfn: number): boolean {
  return (w.slotWord(slotId, SLOT.FLAGS) & SLOT_FLAG.HUGE) !== 0 && can_map_huge_page(w, slotId, gfn);
}

export const kvm_tdp_mmu_zap_collapsible_sptes = procedure(
  'kvm_tdp_mmu_zap_collapsible_sptes',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'slotId'],
    locals: ['root', 'changed', ...TDP_ITER],
    leftOut: 'nothing',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_read(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 1, 1, -1),
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 1, 1, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret(l.changed);
        l.root = root;
        const other = role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== slot_as_id(l.w, l.slotId);
        return other ? 'next_root' : 'rcu_read_lock';
      },
    ],
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        tdp_iter_start(l, slot_start(l.w, l.slotId));
        return 'next_present';
      },
    ],
    next_present: [
      (l) => op.next_present(iter_table(l), l.index),
      (l, found) => {
        const at = tdp_iter_next(l, found, slot_end(l.w, l.slotId));
        if (at === WALK_ENDS) return 'rcu_read_unlock';
        if (at === NEXT_TABLE) return 'next_present';
        return made_progress(l) ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 1, 0) : 'visit';
      },
    ],
    resched: [
      null,
      (l, yielded) => {
        if (!yielded) return 'visit';
        tdp_iter_restart(l);
        return 'next_present';
      },
    ],
    visit: [
      null,
      (l) => {
        if (!is_nonleaf_spte(l.spte)) {
          l.index++;
          return 'next_present';
        }
        if (l.level > PG_LEVEL_2M) return 'try_step_down';
        if (!collapsible(l.w, l.slotId, l.gfn)) {
          l.index++;
          return 'next_present';
        }
        return call(fn.tdp_mmu_set_spte_atomic, 'frozen', l.vm, iter_table(l), l.index, l.spte, REMOVED_SPTE);
      },
    ],
    frozen: [
      null,
      (l, error) => (error !== 0 ? 'retry' : call(fn.kvm_flush_remote_tlbs, 'clear_spte', l.vm)),
    ],
    clear_spte: [null, () => 'write_spte'],
    write_spte: [
      (l) => op.write_spte(iter_table(l), l.index, 0),
      (l) => {
        l.changed = 1;
        l.index++;
        return 'next_present';
      },
    ],
    try_step_down: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        if (is_nonleaf_spte(spte)) tdp_iter_step_down(l);
        else l.index++;
        return 'next_present';
      },
    ],
    retry: [
      (l) => op.read_spte(iter_table(l), l.index),
      (l, spte) => {
        l.spte = spte;
        return made_progress(l) ? call(fn.tdp_mmu_iter_cond_resched, 'resched', l.vm, 1, 0) : 'visit';
      },
    ],
    rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'next_root'],
  },
);
