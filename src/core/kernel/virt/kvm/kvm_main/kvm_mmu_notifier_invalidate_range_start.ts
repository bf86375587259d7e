// kvm_mmu_notifier_invalidate_range_start() -- virt/kvm/kvm_main.c, v5.10
// The host is about to change what backs [hvaStart, hvaEnd) of the process. Under mmu_lock from the beginning, whether a slot overlaps
// or not: the count of running invalidations grows (no range is kept: every fault is stale until the end), and every slot of each
// address space that maps part of it is unmapped.
// Context: no lock held; takes mmu_lock (a spinlock). Remote TLBs are flushed before it is released. Returns nothing.
// Left out: a nested SRCU section (a vCPU that faults is inside one already).
import { LOCK_KIND, THREAD, VM } from '../../../../aggregates/layout.js';
import type { World } from '../../../../aggregates/world.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { hva_range_end_gfn, hva_range_start_gfn, next_slot_in_hva_range, slot_as_id } from './memslots.js';

/** The range's next slot; after the last one: flush if asked, unlock. */
function next_slot(l: {
  readonly w: World;
  vm: number;
  slotId: number;
  hvaStart: number;
  hvaEnd: number;
  flush: number;
}) {
  l.slotId = next_slot_in_hva_range(l.w, l.vm, l.slotId, l.hvaStart, l.hvaEnd);
  if (l.slotId >= 0) return 'kvm_unmap_hva_range';
  return l.flush ? 'flush_remote_tlbs' : 'spin_unlock';
}

export const kvm_mmu_notifier_invalidate_range_start = procedure(
  'kvm_mmu_notifier_invalidate_range_start',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.10',
    params: ['vm', 'hvaStart', 'hvaEnd', 'blockable'],
    locals: ['slotId', 'flush', 'srcu'],
    leftOut: 'a nested SRCU section',
  },
  {
    enter: [
      null,
      (l) => {
        l.slotId = -1;
        l.srcu = l.w.threadWord(l.t, THREAD.SRCU_VM) === 0 ? 1 : 0;
        return l.srcu ? 'srcu_read_lock' : 'spin_lock';
      },
    ],
    srcu_read_lock: [(l) => op.srcu_read_lock(l.vm), () => 'spin_lock'],
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'mmu_notifier_count'],
    mmu_notifier_count: [
      (l) => op.vm_event(E.NotifierBegun, l.vm, l.hvaStart, l.hvaEnd, l.w.vmWord(l.vm, VM.IN_PROGRESS) + 1),
      (l) => next_slot(l),
    ],
    kvm_unmap_hva_range: [
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
    flushed: [null, () => 'spin_unlock'],
    spin_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'srcu_read_unlock_if_taken',
    ],
    srcu_read_unlock_if_taken: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret())],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), () => ret()],
  },
);
