// kvm_mmu_slot_leaf_clear_dirty() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Clears the Dirty bits of a whole slot (dirty logging by hardware).
// Context: takes mmu_lock, a spinlock (and may yield it). Returns whether any SPTE changed; the caller flushes.
// Left out: the shadow MMU's rmaps.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_mmu_slot_leaf_clear_dirty = procedure(
  'kvm_mmu_slot_leaf_clear_dirty',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm', 'slotId'],
    locals: ['changed'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_clear_dirty_slot, 'done', l.vm, l.slotId),
    ],
    done: [
      null,
      (l, changed) => {
        l.changed = changed;
        return 'spin_unlock';
      },
    ],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), (l) => ret(l.changed)],
  },
);
