// kvm_invalidate_memslot() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// Before a slot is deleted or moved: from the swap on every fault sees it INVALID, then nothing maps it any more.
// Context: slots_lock and slots_arch_lock held; the latter is released and taken again.
// Left out: kvm_arch_guest_memory_reclaimed (SEV).
import { LOCK_KIND, SLOT } from '../../../../aggregates/layout.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { MEMSLOT_CHANGE } from './kvm_swap_active_memslots.js';

export const kvm_invalidate_memslot = procedure(
  'kvm_invalidate_memslot',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'slotId'],
    leftOut: 'kvm_arch_guest_memory_reclaimed (SEV)',
  },
  {
    swap: [
      null,
      (l) =>
        call(
          fn.kvm_swap_active_memslots,
          'flush_shadow_memslot',
          l.vm,
          l.slotId,
          MEMSLOT_CHANGE.INVALIDATE,
          l.w.slotWord(l.slotId, SLOT.BASE_GFN),
          l.w.slotWord(l.slotId, SLOT.PAGES),
        ),
    ],
    flush_shadow_memslot: [
      null,
      (l) => call(fn.kvm_arch_flush_shadow_memslot, 'slots_arch_lock', l.vm, l.slotId),
    ],
    slots_arch_lock: [(l) => op.mutex_lock(l.w.lockId(l.vm, LOCK_KIND.slots_arch_lock)), () => ret()],
  },
);
