// kvm_mmu_notifier_invalidate_range_start() -- virt/kvm/kvm_main.c, v5.15 (as of v5.18)
// The host is about to change what backs [hvaStart, hvaEnd) of the process. Every slot of each address space that maps part of it
// is unmapped; from the first such slot on, until the range's end is told, faults in the range are stale.
// Context: no lock held; takes mn_invalidate_lock, then mmu_lock for write if any slot overlaps. Remote TLBs are flushed before
// mmu_lock is released. Returns nothing.
// Left out: gfn_to_pfn caches; a nested SRCU section (a vCPU that faults is inside one already).
import { LOCK_KIND, THREAD, VM } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { hva_range_end_gfn, hva_range_start_gfn, next_slot_in_hva_range, slot_as_id } from './memslots.js';

/** The range's next slot is unmapped under mmu_lock; after the last one: flush if asked, unlock. */
function next_slot(l: {
  readonly w: World;
  vm: number;
  slotId: number;
  hvaStart: number;
  hvaEnd: number;
  locked: number;
  flush: number;
}) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaStart, l.hvaEnd);
  if (l.slotId >= 0) return l.locked ? 'kvm_unmap_gfn_range' : 'write_lock';
  if (!l.locked) return 'srcu_read_unlock_if_taken';
  return l.flush ? 'flush_remote_tlbs' : 'write_unlock';
}

export const kvm_mmu_notifier_invalidate_range_start_v5_15 = procedure(
  'kvm_mmu_notifier_invalidate_range_start',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.15',
    params: ['vm', 'hvaStart', 'hvaEnd', 'blockable'],
    locals: ['slotId', 'locked', 'flush', 'srcu'],
    leftOut: 'gfn_to_pfn caches; a nested SRCU section',
  },
  {
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      () => 'mn_active_invalidate_count',
    ],
    mn_active_invalidate_count: [
      (l) => op.vm_event(E.NotifierCountChanged, l.vm, l.w.vmWord(l.vm, VM.MN_ACTIVE) + 1),
      () => 'spin_unlock',
    ],
    // From here to the range's end no memslot array is swapped, so the slots stay what they are.
    spin_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      (l) => {
        l.slotId = -1;
        l.srcu = l.w.threadWord(l.t, THREAD.SRCU_VM) === 0 ? 1 : 0;
        return l.srcu ? 'srcu_read_lock' : next_slot(l);
      },
    ],
    srcu_read_lock: [(l) => op.srcu_read_lock(l.vm), (l) => next_slot(l)],
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        l.locked = 1;
        return 'kvm_mmu_invalidate_begin';
      },
    ],
    kvm_mmu_invalidate_begin: [
      (l) => op.vm_event(E.NotifierBegun, l.vm, l.hvaStart, l.hvaEnd, l.w.vmWord(l.vm, VM.IN_PROGRESS) + 1),
      () => 'kvm_unmap_gfn_range',
    ],
    kvm_unmap_gfn_range: [
      null,
      (l) => {
        const start = hva_range_start_gfn(l.w, l.slotId, l.hvaStart);
        const end = hva_range_end_gfn(l.w, l.slotId, l.hvaEnd);
        return call(
          fn.kvm_unmap_gfn_range,
          'unmapped',
          l.vm,
          slot_as_id(l.w, l.slotId),
          start,
          end,
          l.blockable,
        );
      },
    ],
    unmapped: [
      null,
      (l, flush) => {
        l.flush |= flush;
        return next_slot(l);
      },
    ],
    flush_remote_tlbs: [null, (l) => call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm)],
    flushed: [null, () => 'write_unlock'],
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'srcu_read_unlock_if_taken',
    ],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret())],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), () => ret()],
  },
);
