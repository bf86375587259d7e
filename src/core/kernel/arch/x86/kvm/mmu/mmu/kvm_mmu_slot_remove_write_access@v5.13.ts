// kvm_mmu_slot_remove_write_access() -- arch/x86/kvm/mmu/mmu.c, v5.13 (as of v5.18)
// Write-protects a whole slot when dirty logging is switched on.
// Context: takes mmu_lock for read (and may yield it). Returns whether any SPTE changed; the caller flushes in any case.
// Left out: the shadow MMU's rmaps; starting at 2M (manual protection).
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_4K } from '../tdp_iter.js';

export const kvm_mmu_slot_remove_write_access_v5_13 = procedure(
  'kvm_mmu_slot_remove_write_access',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.13',
    params: ['vm', 'slotId'],
    locals: ['changed'],
    leftOut: "the shadow MMU's rmaps; starting at 2M",
  },
  {
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_wrprot_slot, 'done', l.vm, l.slotId, PG_LEVEL_4K),
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
