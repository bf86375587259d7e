// kvm_tdp_mmu_map() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 with v6.2's in-place split
// Installs the translation of one fault: walks from the vCPU's root, adds the missing tables, splits a large leaf in the way,
// writes the leaf with one cmpxchg. Gives up with RETRY when it meets a frozen SPTE or loses a race.
// Context: mmu_lock held for read, the fault is not stale. slot: the copy that the fault found. Never yields.
// Returns RET_PF with level and SPTE, or with the RETRY reason (mmu/ret-pf.ts).
// Left out: MMIO SPTEs (such accesses are emulated before), page statistics, write tracking.
import { PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import {
  is_leaf_spte,
  is_nonleaf_spte,
  is_removed_spte,
  make_leaf_spte,
  SPTE,
  spte_to_child,
} from '../../../../../../aggregates/spte.js';
import { E } from '../../../../../../events/catalogue.js';
import { RET_PF, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { kvm_slot_dirty_track_enabled, slot_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { goal_level, nx_goal_level } from '../mmu/huge-pages.js';
import { pf_result } from '../mmu/ret-pf.js';

/** make_spte(): executable and accessed always; writable, and then dirty at once, as the host page is. */
export function leaf_spte(pfn: number, writable: number): number {
  const write = writable ? SPTE.WRITABLE | SPTE.MMU_WRITABLE | SPTE.DIRTY : 0;
  return make_leaf_spte(pfn, SPTE.ACCESSED | SPTE.EXEC | write);
}

/** What follows the linking of a new table, and the writing of the leaf. */
export const kvm_tdp_mmu_map_steps = steps(
  ['gfn', 'level', 'table', 'child', 'spte', 'want', 'vm', 'result', 'why'],
  ['read_spte'],
  {
    linked: [
      null,
      (l, error) => {
        if (error !== 0) return 'free_table';
        l.table = l.child;
        l.level--;
        return 'read_spte';
      },
    ],
    free_table: [
      (l) => op.free_table(l.child),
      (l) => {
        l.why = RETRY.RACE;
        return 'rcu_read_unlock';
      },
    ],
    split: [
      null,
      (l, error) => {
        if (error === 0) return 'read_spte';
        l.why = RETRY.RACE;
        return 'rcu_read_unlock';
      },
    ],
    mapped: [
      null,
      (l, error) => {
        if (error !== 0) {
          l.why = RETRY.RACE;
          return 'rcu_read_unlock';
        }
        l.result = RET_PF.FIXED;
        // Collapse: the table that the leaf replaced may be freed once this section ends, so CPUs must forget it now.
        return is_nonleaf_spte(l.spte) ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'rcu_read_unlock';
      },
    ],
    flushed: [null, () => 'rcu_read_unlock'],
    rcu_read_unlock: [
      () => op.rcu_read_unlock(),
      (l) => ret(pf_result(l.result, l.result === RET_PF.RETRY ? l.why : l.level, l.want)),
    ],
  },
);

export const kvm_tdp_mmu_map_v5_18 = procedure(
  'kvm_tdp_mmu_map',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'gfn', 'access', 'pfn', 'slot'],
    locals: ['vm', 'goal', 'table', 'level', 'spte', 'want', 'child', 'result', 'why'],
    leftOut: 'MMIO SPTEs, page statistics, write tracking',
  },
  {
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        const { w } = l;
        const at = w.vcpu(l.vcpu);
        const root = w.s[at + VCPU.ROOT] - 1;
        l.vm = w.s[at + VCPU.VM];
        l.table = root;
        l.level = w.pageWord(root, PAGE.LEVEL);
        l.goal = l.env.constants.nxHugePages
          ? nx_goal_level(w, l.slot, l.gfn, l.access)
          : goal_level(w, l.slot, l.gfn);
        l.result = RET_PF.RETRY;
        return 'read_spte';
      },
    ],
    read_spte: [
      (l) => op.read_spte(l.table, l.w.indexAt(l.gfn, l.level)),
      (l, spte) => {
        const { level } = l;
        // disallowed_hugepage_adjust(): a table that the mitigation keeps is not collapsed.
        if (level > 1 && level === l.goal && is_nonleaf_spte(spte) && l.env.constants.nxHugePages) l.goal = 1;
        if (is_nonleaf_spte(spte) && level !== l.goal) {
          l.table = spte_to_child(spte);
          l.level = level - 1;
          return 'read_spte';
        }
        if (is_removed_spte(spte)) {
          l.why = RETRY.FROZEN;
          return 'rcu_read_unlock';
        }
        const { gfn, pfn } = l;
        const index = l.w.indexAt(gfn, level);
        l.spte = spte;
        if (level !== l.goal) {
          if (!is_leaf_spte(spte)) return 'alloc_table';
          return call(fn.tdp_mmu_split_huge_page, 'split', l.vm, l.table, index, 1);
        }
        const first = (pfn >>> 1) - (gfn & ((1 << l.w.entryShift(level)) - 1));
        const want = leaf_spte(first, pfn & 1);
        l.want = want;
        if (want === spte) {
          l.result = RET_PF.SPURIOUS;
          return 'rcu_read_unlock';
        }
        if ((want & SPTE.WRITABLE) !== 0 && kvm_slot_dirty_track_enabled(l.slot)) return 'mark_page_dirty';
        return call(fn.tdp_mmu_set_spte_atomic, 'mapped', l.vm, l.table, index, spte, want);
      },
    ],
    alloc_table: [
      (l) => {
        const shift = l.w.entryShift(l.level);
        op.alloc_table(l.vm, l.level - 1, shift > 30 ? 0 : (l.gfn >>> shift) << shift);
      },
      (l, child) => {
        l.child = child;
        const index = l.w.indexAt(l.gfn, l.level);
        return call(fn.tdp_mmu_link_sp, 'linked', l.vm, l.table, index, child, l.spte, 0);
      },
    ],
    mark_page_dirty: [
      (l) => op.slot_event(E.DirtyMarked, slot_id(l.slot), l.gfn),
      (l) => {
        const index = l.w.indexAt(l.gfn, l.level);
        return call(fn.tdp_mmu_set_spte_atomic, 'mapped', l.vm, l.table, index, l.spte, l.want);
      },
    ],
    ...kvm_tdp_mmu_map_steps,
  },
);
