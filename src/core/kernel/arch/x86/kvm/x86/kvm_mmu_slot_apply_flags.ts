// kvm_mmu_slot_apply_flags() -- arch/x86/kvm/x86.c, v5.10
// After new flags of a slot are published. Dirty logging on: leafs lose write access (or their
// dirty bits, where the CPU logs pages itself: constant pml), then all TLBs are flushed. Off: small pages may collapse.
// Context: slots_lock held, no mmu_lock.
// Left out: kvm_mmu_update_cpu_dirty_logging; with pml, the write-protection of the huge pages that are left.
import { SLOT_FLAG } from '../../../../../aggregates/layout.js';
import { call, procedure, ret } from '../../../../../machine/procedure.js';
import { fn } from '../../../../functions.js';

export const kvm_mmu_slot_apply_flags = procedure(
  'kvm_mmu_slot_apply_flags',
  {
    file: 'arch/x86/kvm/x86.c',
    since: 'v5.10',
    params: ['vm', 'slotId', 'oldFlags', 'newFlags'],
    leftOut:
      'kvm_mmu_update_cpu_dirty_logging; with pml, the write-protection of the huge pages that are left',
  },
  {
    log_dirty_pages: [
      null,
      (l) => {
        if (((l.oldFlags ^ l.newFlags) & SLOT_FLAG.LOG_DIRTY_PAGES) === 0) return ret();
        if ((l.newFlags & SLOT_FLAG.LOG_DIRTY_PAGES) === 0) {
          return call(fn.kvm_mmu_zap_collapsible_sptes, 'done', l.vm, l.slotId);
        }
        // KVM_DIRTY_LOG_INITIALLY_SET: KVM_CLEAR_DIRTY_LOG will write-protect piece by piece.
        if (l.env.constants.dirtyLogInitiallySet) return ret();
        return 'protect';
      },
    ],
    protect: [
      null,
      (l) =>
        l.env.constants.pml
          ? call(fn.kvm_mmu_slot_leaf_clear_dirty, 'flush', l.vm, l.slotId)
          : call(fn.kvm_mmu_slot_remove_write_access, 'flush', l.vm, l.slotId),
    ],
    // Unconditionally: SPTEs may have been write-protected by others who have not flushed yet.
    flush: [null, (l) => call(fn.kvm_flush_remote_tlbs, 'done', l.vm)],
    done: [null, () => ret()],
  },
);
