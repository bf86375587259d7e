// mmu_notifier_retry() in direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.10 (is_page_fault_stale from v5.16)
// Whether the fault must be thrown away because the notifier may have unmapped its page since. No range is known: any invalidation
// in progress counts.
// Context: mmu_lock held (a spinlock). Returns a RETRY reason or 0.
// Left out: nothing.
import { VCPU, VM } from '../../../../../../aggregates/layout.js';
import { RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const is_page_fault_stale = procedure(
  'is_page_fault_stale',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu', 'slot', 'gfn', 'seq'],
    leftOut: 'nothing',
  },
  {
    mmu_notifier_retry: [
      (l) => op.read_vm(l.w.vcpuWord(l.vcpu, VCPU.VM), VM.INVALIDATE_SEQ),
      (l, seq) => {
        if (seq !== l.seq) return ret(RETRY.NOTIFIER);
        const vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        return ret(l.w.vmWord(vm, VM.IN_PROGRESS) !== 0 ? RETRY.NOTIFIER : 0);
      },
    ],
  },
);
