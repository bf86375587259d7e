// kvm_mmu_slot_remove_write_access() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Write-protects a whole slot when dirty logging is switched on.
// Context: takes mmu_lock, a spinlock (and may yield it). Returns whether any SPTE changed; the caller flushes in any case.
// Left out: the shadow MMU's rmaps; starting at 2M (manual protection).
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_4K } from '../tdp_iter.js';

export const kvm_mmu_slot_remove_write_access = procedure(
  'kvm_mmu_slot_remove_write_access',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm', 'slotId'],
    locals: ['changed'],
    leftOut: "the shadow MMU's rmaps; starting at 2M",
  },
  {
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_wrprot_slot, 'done', l.vm, l.slotId, PG_LEVEL_4K),
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
