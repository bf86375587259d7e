// kvm_vm_ioctl_clear_dirty_log() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// KVM_CLEAR_DIRTY_LOG for a range of the slot (user space's bitmap is all ones there): as KVM_GET_DIRTY_LOG does for all.
// Context: process; takes slots_lock. firstPage counts from the slot's first page. Returns pages cleared, -ENOENT, -EINVAL.
// Left out: user space's bitmap, kvm_arch_sync_dirty_log.
import { LOCK_KIND, SLOT, SLOT_FLAG, SLOT_STATE } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';
import { BITS_PER_LONG, dirty_bits, find_next_bit, find_next_zero_bit } from './dirty-log.js';

const ENOENT = 2;
const EINVAL = 22;

export const kvm_vm_ioctl_clear_dirty_log = procedure(
  'kvm_vm_ioctl_clear_dirty_log',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'slotId', 'firstPage', 'count'],
    locals: ['gfn', 'end', 'low', 'high', 'bit', 'pages', 'result'],
    leftOut: "user space's bitmap, kvm_arch_sync_dirty_log",
  },
  {
    slots_lock: [
      (l) => op.mutex_lock(l.w.lockId(l.vm, LOCK_KIND.slots_lock)),
      (l) => {
        if (
          l.w.slotWord(l.slotId, SLOT.STATE) === SLOT_STATE.none ||
          (l.w.slotWord(l.slotId, SLOT.FLAGS) & SLOT_FLAG.LOG_DIRTY_PAGES) === 0
        ) {
          l.result = -ENOENT;
          return 'slots_unlock';
        }
        const pages = l.w.slotWord(l.slotId, SLOT.PAGES);
        if (l.firstPage < 0 || l.firstPage % BITS_PER_LONG !== 0 || l.firstPage + l.count > pages) {
          l.result = -EINVAL;
          return 'slots_unlock';
        }
        l.gfn = l.w.slotWord(l.slotId, SLOT.BASE_GFN) + l.firstPage;
        l.end = l.gfn + l.count;
        return 'mmu_lock';
      },
    ],
    mmu_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'next_word'],
    // A word that is empty is skipped; a bit that is set after its word was read stays for the next call.
    next_word: [
      null,
      (l) => {
        for (; l.gfn < l.end; l.gfn += BITS_PER_LONG) {
          l.low = dirty_bits(l.w, l.slotId, l.gfn, l.end);
          l.high = dirty_bits(l.w, l.slotId, l.gfn + 32, l.end);
          if (l.low !== 0 || l.high !== 0) return 'xchg';
        }
        return 'mmu_unlock';
      },
    ],
    xchg: [
      (l) => op.slot_event(E.DirtyBitsCleared, l.slotId, l.gfn, l.low, l.high),
      (l) => {
        l.bit = 0;
        return 'enable_log_dirty_pt_masked';
      },
    ],
    // The kernel hands the mask over at once; here each run of set bits.
    enable_log_dirty_pt_masked: [
      null,
      (l) => {
        const from = find_next_bit(l.low, l.high, l.bit);
        if (from === BITS_PER_LONG) {
          l.gfn += BITS_PER_LONG;
          return 'next_word';
        }
        l.bit = find_next_zero_bit(l.low, l.high, from);
        l.pages += l.bit - from;
        return call(
          fn.kvm_arch_mmu_enable_log_dirty_pt_masked,
          'enable_log_dirty_pt_masked',
          l.vm,
          l.slotId,
          l.gfn + from,
          l.bit - from,
        );
      },
    ],
    mmu_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => (l.pages > 0 ? call(fn.kvm_flush_remote_tlbs, 'taken', l.vm) : 'taken'),
    ],
    taken: [(l) => op.slot_event(E.DirtyLogTaken, l.slotId, l.pages), () => 'slots_unlock'],
    slots_unlock: [
      (l) => op.mutex_unlock(l.w.lockId(l.vm, LOCK_KIND.slots_lock)),
      (l) => ret(l.result < 0 ? l.result : l.pages),
    ],
  },
);
