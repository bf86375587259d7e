// kvm_mmu_notifier_invalidate_range_end() -- virt/kvm/kvm_main.c, v5.10
// The host has changed what backs [hvaStart, hvaEnd). The sequence number grows BEFORE the in-progress count drops, so that a fault
// which sees nothing in progress cannot miss the change.
// Context: no lock held; takes mmu_lock (a spinlock). Returns nothing.
// Left out: nothing.
import { LOCK_KIND, VM } from '../../../../aggregates/layout.js';
import { E } from '../../../../events/catalogue.js';
import { op } from '../../../../machine/op.js';
import { procedure, ret } from '../../../../machine/procedure.js';

export const kvm_mmu_notifier_invalidate_range_end = procedure(
  'kvm_mmu_notifier_invalidate_range_end',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.10',
    params: ['vm', 'hvaStart', 'hvaEnd'],
    leftOut: 'nothing',
  },
  {
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'mmu_notifier_seq'],
    mmu_notifier_seq: [
      (l) => {
        const at = l.w.vm(l.vm);
        op.vm_event(E.NotifierEnded, l.vm, l.w.s[at + VM.INVALIDATE_SEQ] + 1, l.w.s[at + VM.IN_PROGRESS] - 1);
      },
      () => 'spin_unlock',
    ],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
