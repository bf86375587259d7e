// kvm_vm_ioctl_clear_dirty_log() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc)
// KVM_CLEAR_DIRTY_LOG for a range of the slot (user space's bitmap is all ones there): as KVM_GET_DIRTY_LOG does for all.
// Context: process; takes slots_lock. firstPage counts from the slot's first page. Returns pages cleared, -ENOENT, -EINVAL.
// Left out: user space's bitmap, kvm_arch_sync_dirty_log.
import { LOCK_KIND, SLOT, SLOT_FLAG, SLOT_STATE } from '../../../../aggregates/layout.js';
import { op } from '../../../../machine/op.js';
import { procedure } from '../../../../machine/procedure.js';
import { BITS_PER_LONG, take_dirty_log } from './dirty-log.js';

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
    ...take_dirty_log,
  },
);
