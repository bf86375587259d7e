// kvm_tdp_mmu_map() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (77ac7079e66d)
// As before; a fault on private memory of a VM with external page tables goes into the vCPU's mirror root, and every change there
// goes out to those tables while the entry is frozen.
// Context: mmu_lock held for read, the fault is not stale. slot: the copy that the fault found. Never yields.
// Returns RET_PF with level and SPTE, or with the RETRY reason (mmu/ret-pf.ts).
// Left out: NX huge pages, MMIO SPTEs (such accesses are emulated before), page statistics, write tracking; large leafs of private
// memory (their slots are not HUGE).
import { PAGE, ROOT_SLOTS, SLOT_FLAG, VCPU } from '../../../../../../aggregates/layout.js';
import {
  is_leaf_spte,
  is_nonleaf_spte,
  is_removed_spte,
  SPTE,
  spte_to_child,
} from '../../../../../../aggregates/spte.js';
import type { World } from '../../../../../../aggregates/world.js';
import { E } from '../../../../../../events/catalogue.js';
import { RET_PF, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import {
  kvm_slot_dirty_track_enabled,
  slot_has_flag,
  slot_id,
} from '../../../../../virt/kvm/kvm_main/memslots.js';
import { goal_level } from '../mmu/huge-pages.js';
import { kvm_tdp_mmu_map_steps, leaf_spte } from './kvm_tdp_mmu_map@v5.18.js';

/** tdp_mmu_get_root_for_fault(): number of the root slot that a fault on this copy of a slot maps into. */
function root_slot_for_fault(w: World, vcpu: number, slot: number): number {
  const mirror = slot_has_flag(slot, SLOT_FLAG.PRIVATE) && w.vcpuWord(vcpu, VCPU.MIRROR_ROOT) !== 0;
  return mirror ? ROOT_SLOTS.length - 1 : 0;
}

export const kvm_tdp_mmu_map_v6_14 = procedure(
  'kvm_tdp_mmu_map',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vcpu', 'gfn', 'access', 'pfn', 'slot'],
    locals: ['vm', 'goal', 'table', 'level', 'spte', 'want', 'child', 'result', 'why', 'mirror'],
    leftOut: 'NX huge pages, MMIO SPTEs, page statistics, write tracking, large leafs of private memory',
  },
  {
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => {
        const { w } = l;
        const at = w.vcpu(l.vcpu);
        const slot = root_slot_for_fault(w, l.vcpu, l.slot);
        const root = w.s[at + ROOT_SLOTS[slot]] - 1;
        l.mirror = slot !== 0 ? 1 : 0;
        l.vm = w.s[at + VCPU.VM];
        l.table = root;
        l.level = w.pageWord(root, PAGE.LEVEL);
        l.goal = goal_level(w, l.slot, l.gfn);
        l.result = RET_PF.RETRY;
        return 'read_spte';
      },
    ],
    read_spte: [
      (l) => op.read_spte(l.table, l.w.indexAt(l.gfn, l.level)),
      (l, spte) => {
        const { level } = l;
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
        return l.mirror === 1
          ? call(fn.set_external_spte_present, 'mapped', l.vm, l.table, index, spte, want)
          : call(fn.tdp_mmu_set_spte_atomic, 'mapped', l.vm, l.table, index, spte, want);
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
        const how = l.mirror === 1 ? 2 : 0;
        return call(fn.tdp_mmu_link_sp, 'linked', l.vm, l.table, index, child, l.spte, how);
      },
    ],
    ...kvm_tdp_mmu_map_steps,
    mark_page_dirty: [
      (l) => op.slot_event(E.DirtyMarked, slot_id(l.slot), l.gfn),
      (l) => {
        const index = l.w.indexAt(l.gfn, l.level);
        return call(fn.tdp_mmu_set_spte_atomic, 'mapped', l.vm, l.table, index, l.spte, l.want);
      },
    ],
  },
);
