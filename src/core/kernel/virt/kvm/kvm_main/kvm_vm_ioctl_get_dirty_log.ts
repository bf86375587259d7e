// kvm_vm_ioctl_get_dirty_log() -- virt/kvm/kvm_main.c, v5.18 (as of v6.3-rc); kvm_get_dirty_log_protect
// KVM_GET_DIRTY_LOG: for each word of the bitmap: takes its bits, write-protects (or clears the dirty bits of) what they
// name, all in one mmu_lock write section; then flushes. With constant manualDirtyLogProtect it only reads.
// Context: process; takes slots_lock. Returns the number of dirty pages, or -ENOENT.
// Left out: the copy of the bitmap for user space, kvm_arch_sync_dirty_log.
import { LOCK_KIND, SLOT, SLOT_FLAG, SLOT_STATE } from '../../../../aggregates/layout.js';
import { op } from '../../../../machine/op.js';
import { procedure } from '../../../../machine/procedure.js';
import { dirty_pages, take_dirty_log } from './dirty-log.js';

const ENOENT = 2;

export const kvm_vm_ioctl_get_dirty_log = procedure(
  'kvm_vm_ioctl_get_dirty_log',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm', 'slotId'],
    locals: ['gfn', 'end', 'low', 'high', 'bit', 'pages', 'result'],
    leftOut: 'the copy of the bitmap for user space, kvm_arch_sync_dirty_log',
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
        if (l.env.constants.manualDirtyLogProtect) {
          l.pages = dirty_pages(l.w, l.slotId);
          return 'taken';
        }
        l.gfn = l.w.slotWord(l.slotId, SLOT.BASE_GFN);
        l.end = l.gfn + l.w.slotWord(l.slotId, SLOT.PAGES);
        return 'mmu_lock';
      },
    ],
    ...take_dirty_log,
  },
);
