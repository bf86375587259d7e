// fast_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Without mmu_lock: makes the present leaf of the current root writable again, with one cmpxchg, when only KVM took the write
// bit (dirty logging), and marks the page dirty. Everything else is declined.
// Context: no lock; RCU read section around the walk. slot: the copy that the fault found.
// Returns RET_PF (INVALID: declined) with level and SPTE (ret-pf.ts).
// Left out: access tracking for SPTEs without A/D bits.
import { PAGE, VCPU } from '../../../../../../aggregates/layout.js';
import {
  is_leaf_spte,
  is_nonleaf_spte,
  is_writable_pte,
  SPTE,
  spte_to_child,
} from '../../../../../../aggregates/spte.js';
import { E } from '../../../../../../events/catalogue.js';
import { ACCESS, RET_PF } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { kvm_slot_dirty_track_enabled, slot_id } from '../../../../../virt/kvm/kvm_main/memslots.js';
import { pf_result } from './ret-pf.js';

/** page_fault_can_be_fast(): a write that met a present SPTE. */
export function page_fault_can_be_fast(access: number): boolean {
  return (access & (ACCESS.PRESENT | ACCESS.WRITE)) === (ACCESS.PRESENT | ACCESS.WRITE);
}

/** Lost cmpxchgs after which the fault takes the slow path. */
const RETRIES_MAX = 4;

export const fast_page_fault = procedure(
  'fast_page_fault',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vcpu', 'gfn', 'access', 'slot'],
    locals: ['table', 'level', 'spte', 'result', 'retries'],
    leftOut: 'access tracking for SPTEs without A/D bits',
  },
  {
    walk_shadow_page_lockless_begin: [
      () => op.rcu_read_lock(),
      (l) => {
        l.result = RET_PF.INVALID;
        l.table = l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1;
        l.level = l.w.pageWord(l.table, PAGE.LEVEL);
        return 'read_spte';
      },
    ],
    read_spte: [
      (l) => op.read_spte(l.table, l.w.indexAt(l.gfn, l.level)),
      (l, spte) => {
        if (is_nonleaf_spte(spte)) {
          l.table = spte_to_child(spte);
          l.level--;
          return 'read_spte';
        }
        l.spte = spte;
        if (!is_leaf_spte(spte)) return 'walk_shadow_page_lockless_end';
        if (is_writable_pte(spte)) {
          l.result = RET_PF.SPURIOUS;
          return 'walk_shadow_page_lockless_end';
        }
        if ((spte & SPTE.MMU_WRITABLE) === 0) return 'walk_shadow_page_lockless_end';
        // A large leaf has to be split first when its 4K pages are logged.
        if (l.level > 1 && kvm_slot_dirty_track_enabled(l.slot)) return 'walk_shadow_page_lockless_end';
        return 'try_cmpxchg';
      },
    ],
    try_cmpxchg: [
      (l) => {
        const index = l.w.indexAt(l.gfn, l.level);
        op.try_cmpxchg_spte(l.table, index, l.spte, l.spte | SPTE.WRITABLE);
      },
      (l, exchanged) => {
        if (exchanged) {
          l.result = RET_PF.FIXED;
          l.spte |= SPTE.WRITABLE;
          return kvm_slot_dirty_track_enabled(l.slot) ? 'mark_page_dirty' : 'walk_shadow_page_lockless_end';
        }
        l.retries++;
        if (l.retries > RETRIES_MAX) return 'walk_shadow_page_lockless_end';
        l.table = l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1;
        l.level = l.w.pageWord(l.table, PAGE.LEVEL);
        return 'read_spte';
      },
    ],
    mark_page_dirty: [
      (l) => op.slot_event(E.DirtyMarked, slot_id(l.slot), l.gfn),
      () => 'walk_shadow_page_lockless_end',
    ],
    walk_shadow_page_lockless_end: [
      () => op.rcu_read_unlock(),
      (l) => ret(pf_result(l.result, l.level, l.spte)),
    ],
  },
);
