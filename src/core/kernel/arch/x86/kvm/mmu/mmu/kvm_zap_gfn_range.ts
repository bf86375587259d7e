// kvm_zap_gfn_range() -- arch/x86/kvm/mmu/mmu.c, v5.10
// Zaps [start, end) everywhere, for a change of the APIC page, of MTRRs or of cache attributes. One walk over all roots.
// Context: takes mmu_lock (a spinlock) and may yield it. Returns nothing.
// Left out: the shadow MMU's rmaps.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_zap_gfn_range = procedure(
  'kvm_zap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm', 'start', 'end'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    spin_lock: [
      (l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, -1, l.start, l.end, 1, 0),
    ],
    zapped: [null, (l, flush) => (flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'spin_unlock')],
    flushed: [null, () => 'spin_unlock'],
    spin_unlock: [(l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
