// kvm_swap_active_memslots() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// Publishes one change of the memslots: not while an invalidation runs (it would count the end against other slots than
// its start), and not before every SRCU reader that may still use the old array is out.
// Context: slots_lock and slots_arch_lock held; returns with slots_arch_lock released.
// change: MEMSLOT_CHANGE; a, b, c: base gfn, pages, host page (create); new base gfn, old one (move); flags, old ones.
// Left out: the two arrays (a slot is changed in place, in the one step that publishes it), the generation's
// update-in-progress bit and its wrap, the dirty ring.
import { LOCK_KIND, VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { procedure, ret } from '../../../../machine/procedure.js';

/** enum kvm_mr_change, and the INVALID copy. */
export const MEMSLOT_CHANGE = { INVALIDATE: 1, CREATE: 2, DELETE: 3, MOVE: 4, FLAGS_ONLY: 5 } as const;

export const kvm_swap_active_memslots = procedure(
  'kvm_swap_active_memslots',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'slotId', 'change', 'a', 'b', 'c'],
    leftOut: "the two arrays, the generation's update-in-progress bit and its wrap, the dirty ring",
  },
  {
    mn_invalidate_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      (l) => (l.w.vmWord(l.vm, VM.MN_ACTIVE) > 0 ? 'mn_invalidate_unlock_and_wait' : 'rcu_assign_pointer'),
    ],
    mn_invalidate_unlock_and_wait: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      () => 'rcuwait',
    ],
    rcuwait: [(l) => op.wait_notifiers(l.vm), () => 'mn_invalidate_lock'],
    rcu_assign_pointer: [
      (l) => {
        switch (l.change) {
          case MEMSLOT_CHANGE.INVALIDATE:
            return op.slot_event(E.MemslotInvalidated, l.slotId, l.a, l.b);
          case MEMSLOT_CHANGE.CREATE:
            return op.slot_event(E.MemslotAdded, l.slotId, l.a, l.b, l.c);
          case MEMSLOT_CHANGE.DELETE:
            return op.slot_event(E.MemslotDeleted, l.slotId, l.a, l.b);
          case MEMSLOT_CHANGE.MOVE:
            return op.slot_event(E.MemslotMoved, l.slotId, l.a, l.b);
          default:
            return op.slot_event(E.MemslotFlagsChanged, l.slotId, l.a, l.b);
        }
      },
      () => 'mn_invalidate_unlock',
    ],
    mn_invalidate_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mn_invalidate_lock)),
      () => 'slots_arch_unlock',
    ],
    slots_arch_unlock: [
      (l) => op.mutex_unlock(l.w.lockId(l.vm, LOCK_KIND.slots_arch_lock)),
      () => 'synchronize_srcu_expedited',
    ],
    synchronize_srcu_expedited: [(l) => op.srcu_sync_start(l.vm), () => 'srcu_readers_gone'],
    srcu_readers_gone: [(l) => op.srcu_sync_wait(l.vm), () => 'generation'],
    generation: [
      (l) => op.vm_event(E.SlotsGenerationChanged, l.vm, l.w.vmWord(l.vm, VM.SLOTS_GEN) + 1),
      () => ret(),
    ],
  },
);
