// is_page_fault_stale() -- arch/x86/kvm/mmu/mmu.c, v5.16 (a955cad84cda)
// Whether the fault must be thrown away: its root was invalidated, or the notifier may have unmapped its page since.
// Context: mmu_lock held for read: the root's validity (this vCPU holds a reference) and the notifier's words cannot change.
// Returns a RETRY reason or 0. The notifier's range is in hva pages in this era.
// Left out: roots without a shadow page.
import { VCPU, VM } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';
import { gfn_to_hva_page, slot_id } from '../../../../../virt/kvm/kvm_main/memslots.js';

export const is_page_fault_stale_v5_16 = procedure(
  'is_page_fault_stale',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.16',
    params: ['vcpu', 'slot', 'gfn', 'seq'],
    leftOut: 'roots without a shadow page',
  },
  {
    is_obsolete_sp: [
      (l) => op.read_role(l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1),
      (l, role) => {
        if (role_is_invalid(role)) return ret(RETRY.ROOT_INVALID);
        if (l.slot < 0) return ret(0);
        // mmu_invalidate_retry_hva()
        const { w } = l;
        const at = w.vm(w.vcpuWord(l.vcpu, VCPU.VM));
        if (w.s[at + VM.INVALIDATE_SEQ] !== l.seq) return ret(RETRY.NOTIFIER);
        if (w.s[at + VM.IN_PROGRESS] === 0) return ret(0);
        const hva = gfn_to_hva_page(w, slot_id(l.slot), l.gfn);
        return ret(hva >= w.s[at + VM.RANGE_START] && hva < w.s[at + VM.RANGE_END] ? RETRY.NOTIFIER : 0);
      },
    ],
  },
);
