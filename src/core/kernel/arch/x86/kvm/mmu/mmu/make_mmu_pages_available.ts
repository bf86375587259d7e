// make_mmu_pages_available(), kvm_mmu_zap_oldest_mmu_pages() -- arch/x86/kvm/mmu/mmu.c, v5.10
// A fault makes room among the shadow MMU's pages before it maps. Its list of pages is edited under mmu_lock held for write: until
// v6.0 faults of TDP roots come here with the lock held for read, and two of them edit the list at once (B21, CVE-2022-45869).
// Context: mmu_lock held. Returns nothing.
// Left out: the shadow pages themselves (the constant shadowPagesOverLimit says that there are too many); the assertion is the
// model's: the kernel states the rule and does not check it.
import { LOCK_KIND, VCPU } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { procedure, ret } from '../../../../../../machine/procedure.js';

export const make_mmu_pages_available = procedure(
  'make_mmu_pages_available',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vcpu'],
    leftOut: "the shadow pages themselves; the assertion is the model's",
  },
  {
    kvm_mmu_zap_oldest_mmu_pages: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.w.vcpuWord(l.vcpu, VCPU.VM), LOCK_KIND.mmu_lock)),
      () => ret(),
    ],
  },
);
