// kvm_mmu_slot_try_split_huge_pages() -- arch/x86/kvm/mmu/mmu.c, v5.18
// Splits a whole slot's large leafs to 4K when dirty logging is switched on. No flush: write protection follows, and flushes.
// Context: takes mmu_lock for read (and may yield it). Returns nothing.
// Left out: the shadow MMU's rmaps.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_4K } from '../tdp_iter.js';

export const kvm_mmu_slot_try_split_huge_pages = procedure(
  'kvm_mmu_slot_try_split_huge_pages',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm', 'slotId'],
    locals: ['changed'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    read_lock: [
      (l) => op.read_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_try_split_huge_pages, 'done', l.vm, l.slotId, PG_LEVEL_4K, 1),
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
