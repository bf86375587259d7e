// kvm_tdp_mmu_map() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Installs the translation of one fault with plain stores: walks from the vCPU's root, clears and flushes a large leaf in the way,
// adds the missing tables, writes the leaf. Nobody else is here, so nothing can be lost to a race.
// Context: mmu_lock held (a spinlock), the fault is not stale. slot: the copy that the fault found. Never yields.
// Returns RET_PF with level and SPTE (mmu/ret-pf.ts).
// Left out: the WARN for a root that is none, MMIO SPTEs (such accesses are emulated before), page statistics, write tracking.
import { PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import {
  is_leaf_spte,
  is_nonleaf_spte,
  make_nonleaf_spte,
  SPTE,
  spte_to_child,
} from '../../../../../../aggregates/spte.js';
import { E } from '../../../../../../events/catalogue.js';
import { RET_PF } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { kvm_slot_dirty_track_enabled, slot_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { goal_level, nx_goal_level } from '../mmu/huge-pages.js';
import { pf_result } from '../mmu/ret-pf.js';
import { leaf_spte } from './kvm_tdp_mmu_map@v5.18.js';

export const kvm_tdp_mmu_map = procedure(
  'kvm_tdp_mmu_map',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vcpu', 'gfn', 'access', 'pfn', 'slot'],
    locals: ['vm', 'goal', 'table', 'level', 'spte', 'want', 'child', 'result'],
    leftOut: 'the WARN for a root that is none, MMIO SPTEs, page statistics, write tracking',
  },
  {
    start: [
      null,
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
        const { gfn, pfn } = l;
        const index = l.w.indexAt(gfn, level);
        l.spte = spte;
        if (level !== l.goal) {
          if (!is_leaf_spte(spte)) return 'alloc_tdp_mmu_page';
          return call(fn.tdp_mmu_set_spte, 'large_leaf_cleared', l.vm, l.table, index, 0);
        }
        const first = (pfn >>> 1) - (gfn & ((1 << l.w.entryShift(level)) - 1));
        const want = leaf_spte(first, pfn & 1);
        l.want = want;
        if (want === spte) return ret(pf_result(RET_PF.SPURIOUS, level, want));
        if ((want & SPTE.WRITABLE) !== 0 && kvm_slot_dirty_track_enabled(l.slot)) return 'mark_page_dirty';
        return call(fn.tdp_mmu_set_spte, 'mapped', l.vm, l.table, index, want);
      },
    ],
    large_leaf_cleared: [null, (l) => call(fn.kvm_flush_remote_tlbs, 'large_leaf_flushed', l.vm)],
    large_leaf_flushed: [null, () => 'read_spte'],
    alloc_tdp_mmu_page: [
      (l) => {
        const shift = l.w.entryShift(l.level);
        op.alloc_table(l.vm, l.level - 1, shift > 30 ? 0 : (l.gfn >>> shift) << shift);
      },
      (l, child) => {
        l.child = child;
        return 'list_add';
      },
    ],
    list_add: [
      (l) => op.account_table(l.child, l.table, l.w.indexAt(l.gfn, l.level)),
      (l) => {
        const index = l.w.indexAt(l.gfn, l.level);
        return call(fn.tdp_mmu_set_spte, 'linked', l.vm, l.table, index, make_nonleaf_spte(l.child));
      },
    ],
    linked: [
      null,
      (l) => {
        l.table = l.child;
        l.level--;
        return 'read_spte';
      },
    ],
    mark_page_dirty: [
      (l) => op.slot_event(E.DirtyMarked, slot_id(l.slot), l.gfn),
      (l) => call(fn.tdp_mmu_set_spte, 'mapped', l.vm, l.table, l.w.indexAt(l.gfn, l.level), l.want),
    ],
    // A table that the leaf replaced was flushed where it was torn down.
    mapped: [null, (l) => ret(pf_result(RET_PF.FIXED, l.level, l.want))],
  },
);
