// kvm_mmu_slot_leaf_clear_dirty() -- arch/x86/kvm/mmu/mmu.c, v5.13 (as of v5.18)
// Clears the Dirty bits of a whole slot (dirty logging by hardware).
// Context: takes mmu_lock for read (and may yield it). Returns whether any SPTE changed; the caller flushes.
// Left out: the shadow MMU's rmaps.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_slot_leaf_clear_dirty_v5_13 = procedure(
  'kvm_mmu_slot_leaf_clear_dirty',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.13',
    params: ['vm', 'slotId'],
    locals: ['changed'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_clear_dirty_slot, 'done', l.vm, l.slotId),
    ],
    done: [
      null,
      (l, changed) => {
        l.changed = changed;
        return 'read_unlock';
      },
    ],
    read_unlock: [(l) => op.read_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), (l) => ret(l.changed)],
  },
);
