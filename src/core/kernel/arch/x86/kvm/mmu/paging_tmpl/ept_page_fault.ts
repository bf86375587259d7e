// ept_page_fault(): FNAME(page_fault) -- arch/x86/kvm/mmu/paging_tmpl.h, v5.10
// A fault of a nested guest, in the shadow of its tables: makes room among the shadow pages, then maps. Only the notifier's sequence
// number is looked at again under the lock.
// Context: the vCPU's own thread; takes mmu_lock for write. Returns RET_PF.
// Constant shadowPagesOverLimit: there are too many shadow pages (B18).
// Left out: the walk of the nested guest's tables, the host page, every level below the first.
import { LOCK_KIND, PAGE, VCPU, VM } from '../../../../../../aggregates/layout.js';
import { role_has_sp } from '../../../../../../aggregates/role.js';
import { make_nonleaf_spte } from '../../../../../../aggregates/spte.js';
import { E } from '../../../../../../events/catalogue.js';
import { ACCESS, RET_PF, RETRY } from '../../../../../../events/constants.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const ept_page_fault = procedure(
  'ept_page_fault',
  {
    file: 'arch/x86/kvm/mmu/paging_tmpl.h',
    since: 'v5.10',
    params: ['vcpu', 'gfn'],
    locals: ['vm', 'root', 'seq', 'child', 'why'],
    leftOut: "the walk of the nested guest's tables, the host page, every level below the first",
  },
  {
    tell_begun: [
      (l) => op.tell_vcpu(E.FaultBegun, l.vcpu, l.gfn, ACCESS.READ, 0),
      (l) => {
        l.vm = l.w.vcpuWord(l.vcpu, VCPU.VM);
        l.root = l.w.vcpuWord(l.vcpu, VCPU.ROOT) - 1;
        return 'read_invalidate_seq';
      },
    ],
    read_invalidate_seq: [
      (l) => op.read_vm(l.vm, VM.INVALIDATE_SEQ),
      (l, seq) => {
        l.seq = seq;
        return 'write_lock';
      },
    ],
    write_lock: [(l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => 'mmu_notifier_retry'],
    mmu_notifier_retry: [
      (l) => op.read_vm(l.vm, VM.INVALIDATE_SEQ),
      (l, seq) => {
        if (seq === l.seq) return 'make_mmu_pages_available';
        l.why = RETRY.NOTIFIER;
        return 'write_unlock';
      },
    ],
    make_mmu_pages_available: [
      null,
      (l) =>
        l.env.constants.shadowPagesOverLimit === 1
          ? call(fn.kvm_mmu_zap_oldest_mmu_pages, 'fetch', l.vm)
          : 'fetch',
    ],
    // A root without a shadow page has its tables behind the entries of the PAE page: left out.
    fetch: [
      null,
      (l) =>
        role_has_sp(l.w.pageWord(l.root, PAGE.ROLE)) && l.w.spte(l.root, 0) === 0
          ? 'alloc_table'
          : 'write_unlock',
    ],
    alloc_table: [
      (l) => op.alloc_table(l.vm, l.w.pageWord(l.root, PAGE.LEVEL) - 1, l.gfn),
      (l, child) => {
        l.child = child;
        return 'account_table';
      },
    ],
    account_table: [(l) => op.account_table(l.child, l.root, 0), () => 'link_shadow_page'],
    link_shadow_page: [(l) => op.write_spte(l.root, 0, make_nonleaf_spte(l.child)), () => 'write_unlock'],
    write_unlock: [
      (l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => (l.why === 0 ? ret(RET_PF.FIXED) : 'tell_retried'),
    ],
    tell_retried: [(l) => op.tell_vcpu(E.FaultRetried, l.vcpu, l.gfn, l.why), () => ret(RET_PF.RETRY)],
  },
);
