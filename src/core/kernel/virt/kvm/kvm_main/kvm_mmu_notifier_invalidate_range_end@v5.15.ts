// kvm_mmu_notifier_invalidate_range_end() -- virt/kvm/kvm_main.c, v5.15 (as of v5.18)
// The host has changed what backs [hvaStart, hvaEnd). If a slot overlaps: the sequence number grows BEFORE the in-progress count
// drops, so that a fault which sees no range in progress cannot miss the change. Wakes a memslot swap that waits for count 0.
// Context: no lock held; takes mmu_lock for write if any slot overlaps, then mn_invalidate_lock. Returns nothing.
// Left out: a nested SRCU section (the count kept by the start keeps the slots as they are).
import { LOCK_KIND, VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { procedure, ret } from '../../../../machine/procedure.js';
import { next_slot_in_hva_range } from './memslots.js';

export const kvm_mmu_notifier_invalidate_range_end_v5_15 = procedure(
  'kvm_mmu_notifier_invalidate_range_end',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.15',
    params: ['vm', 'hvaStart', 'hvaEnd'],
    leftOut: 'a nested SRCU section',
  },
  {
    handle_hva_range: [
      null,
      (l) => (next_slot_in_hva_range(l.w, l.vm, -1, l.hvaStart, l.hvaEnd) < 0 ? 'spin_lock' : 'write_lock'),
    ],
    write_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'kvm_mmu_invalidate_end'],
    kvm_mmu_invalidate_end: [
      (l) => {
        const at = l.w.vm(l.vm);
        op.vm_event(E.NotifierEnded, l.vm, l.w.s[at + VM.INVALIDATE_SEQ] + 1, l.w.s[at + VM.IN_PROGRESS] - 1);
      },
      () => 'write_unlock',
    ],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'spin_lock'],
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      () => 'mn_active_invalidate_count',
    ],
    mn_active_invalidate_count: [
      (l) => op.vm_event(E.NotifierCountChanged, l.vm, l.w.vmWord(l.vm, VM.MN_ACTIVE) - 1),
      () => 'spin_unlock',
    ],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)), () => ret()],
  },
);
