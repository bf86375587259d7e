// mmu_notifier_retry_hva() in direct_page_fault() -- arch/x86/kvm/mmu/mmu.c, v5.12 (is_page_fault_stale from v5.16)
// Whether the fault must be thrown away because the notifier may have unmapped its page since. The root is not looked at: one that
// was invalidated while the fault was under way is mapped into (B9).
// Context: mmu_lock held for read: the notifier's words cannot change. Returns a RETRY reason or 0. The range is in hva pages.
// Left out: nothing.
import { VCPU, VM } from '../../../../../../aggregates/layout.js';
import { RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { gfn_to_hva_page, slot_id } from '../../../../../virt/kvm/kvm_main/memslots.js';

export const is_page_fault_stale_v5_12 = procedure(
  'is_page_fault_stale',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.12',
    params: ['vcpu', 'slot', 'gfn', 'seq'],
    leftOut: 'nothing',
  },
  {
    mmu_notifier_retry_hva: [
      (l) => op.read_vm(l.w.vcpuWord(l.vcpu, VCPU.VM), VM.INVALIDATE_SEQ),
      (l, seq) => {
        if (l.slot < 0) return ret(0);
        if (seq !== l.seq) return ret(RETRY.NOTIFIER);
        const { w } = l;
        const at = w.vm(w.vcpuWord(l.vcpu, VCPU.VM));
        if (w.s[at + VM.IN_PROGRESS] === 0) return ret(0);
        const hva = gfn_to_hva_page(w, slot_id(l.slot), l.gfn);
        return ret(hva >= w.s[at + VM.RANGE_START] && hva < w.s[at + VM.RANGE_END] ? RETRY.NOTIFIER : 0);
      },
    ],
  },
);
