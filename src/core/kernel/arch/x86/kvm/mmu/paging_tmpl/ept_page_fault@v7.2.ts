// ept_page_fault(): FNAME(page_fault) -- arch/x86/kvm/mmu/paging_tmpl.h, v7.2 (2abd5287f083)
// Makes room first and looks at its root afterwards: a root that the reclaim zapped is not mapped into (B18).
// Context: the vCPU's own thread; takes mmu_lock for write. Returns RET_PF.
// Left out: as in v5.10.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { role_is_invalid } from '../../../../../../aggregates/role.js';
import { REQ, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, type Procedure } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { ept_page_fault_v5_16 } from './ept_page_fault@v5.16.js';

const DROPS_ROOTS = REQ.MMU_RELOAD | REQ.MMU_FREE_OBSOLETE_ROOTS;

export const ept_page_fault_v7_2: Procedure = {
  ...ept_page_fault_v5_16,
  head: { ...ept_page_fault_v5_16.head, since: 'v7.2' },
  steps: {
    ...ept_page_fault_v5_16.steps,
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'make_mmu_pages_available',
    ],
    make_mmu_pages_available: [
      null,
      (l) =>
        l.env.constants.shadowPagesOverLimit === 1
          ? call(fn.kvm_mmu_zap_oldest_mmu_pages, 'mmu_notifier_retry', l.vm)
          : 'mmu_notifier_retry',
    ],
    is_obsolete_sp: [
      (l) => op.read_role(l.root),
      (l, role) => {
        if (!role_is_invalid(role)) return 'fetch';
        l.why = RETRY.ROOT_INVALID;
        return 'write_unlock';
      },
    ],
    request_pending: [
      (l) => op.read_vcpu(l.vcpu, VCPU.REQUESTS),
      (l, requests) => {
        if ((requests & DROPS_ROOTS) === 0) return 'fetch';
        l.why = RETRY.ROOT_INVALID;
        return 'write_unlock';
      },
    ],
  },
};
