// kvm_mmu_notifier_release() -- virt/kvm/kvm_main.c, v5.18
// The process's memory is torn down (exit_mmap, or the notifier is unregistered): everything is unmapped.
// Context: no lock held. Returns nothing.
// Left out: a nested SRCU section.
import { THREAD } from '../../../../aggregates/layout.js';
import { op } from '../../../../machine/op.js';
import { call, procedure, ret } from '../../../../machine/procedure.js';
import { fn } from '../../../functions.js';

export const kvm_mmu_notifier_release = procedure(
  'kvm_mmu_notifier_release',
  {
    file: 'virt/kvm/kvm_main.c',
    since: 'v5.18',
    params: ['vm'],
    locals: ['srcu'],
    leftOut: 'a nested SRCU section',
  },
  {
    enter: [
      null,
      (l) => {
        l.srcu = l.w.threadWord(l.t, THREAD.SRCU_VM) === 0 ? 1 : 0;
        return l.srcu ? 'srcu_read_lock' : 'flush_shadow_all';
      },
    ],
    srcu_read_lock: [(l) => op.srcu_read_lock(l.vm), () => 'flush_shadow_all'],
    flush_shadow_all: [null, (l) => call(fn.kvm_arch_flush_shadow_all, 'flushed', l.vm)],
    flushed: [null, (l) => (l.srcu ? 'srcu_read_unlock' : ret())],
    srcu_read_unlock: [(l) => op.srcu_read_unlock(l.vm), () => ret()],
  },
);
