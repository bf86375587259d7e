// ept_page_fault(): FNAME(page_fault) -- arch/x86/kvm/mmu/paging_tmpl.h, v5.16 (a955cad84cda, 18c841e1f411)
// As in v5.10; under the lock it also looks whether its root is obsolete, and does so before it makes room: what the reclaim zaps
// then it does not see (B18). A root without a shadow page is taken for obsolete while the request to drop roots is pending (B10i).
// Context: the vCPU's own thread; takes mmu_lock for write. Returns RET_PF.
// Left out: as in v5.10.
import { PAGE, VCPU, VM } from '../../../../../../aggregates/layout.js';
import { role_has_sp, role_is_invalid } from '../../../../../../aggregates/role.js';
import { REQ, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import type { Procedure } from '../../../../../../machine/procedure.js';
import { ept_page_fault } from './ept_page_fault.js';

const DROPS_ROOTS = REQ.MMU_RELOAD | REQ.MMU_FREE_OBSOLETE_ROOTS;

export const ept_page_fault_v5_16: Procedure = {
  ...ept_page_fault,
  head: { ...ept_page_fault.head, since: 'v5.16' },
  steps: {
    ...ept_page_fault.steps,
    mmu_notifier_retry: [
      (l) => op.read_vm(l.vm, VM.INVALIDATE_SEQ),
      (l, seq) => {
        if (seq === l.seq)
          return role_has_sp(l.w.pageWord(l.root, PAGE.ROLE)) ? 'is_obsolete_sp' : 'request_pending';
        l.why = RETRY.NOTIFIER;
        return 'write_unlock';
      },
    ],
    is_obsolete_sp: [
      (l) => op.read_role(l.root),
      (l, role) => {
        if (!role_is_invalid(role)) return 'make_mmu_pages_available';
        l.why = RETRY.ROOT_INVALID;
        return 'write_unlock';
      },
    ],
    request_pending: [
      (l) => op.read_vcpu(l.vcpu, VCPU.REQUESTS),
      (l, requests) => {
        if ((requests & DROPS_ROOTS) === 0) return 'make_mmu_pages_available';
        l.why = RETRY.ROOT_INVALID;
        return 'write_unlock';
      },
    ],
  },
};
