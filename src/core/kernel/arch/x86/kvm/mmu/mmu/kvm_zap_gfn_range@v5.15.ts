// kvm_zap_gfn_range() -- arch/x86/kvm/mmu/mmu.c, v5.15
// Zaps [start, end) in the roots that the yield-safe walk gives out, for a change of the APIC page, of MTRRs or of cache attributes. Faults in flight are
// made stale as by a notifier. One walk per address space.
// Context: takes mmu_lock for write (and may yield it). Returns nothing.
// Left out: the shadow MMU's rmaps.
import { ADDRESS_SPACES, LOCK_KIND, VM } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

export const kvm_zap_gfn_range_v5_15 = procedure(
  'kvm_zap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.15',
    params: ['vm', 'start', 'end'],
    locals: ['asId'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    write_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'kvm_mmu_invalidate_begin',
    ],
    kvm_mmu_invalidate_begin: [
      (l) => op.vm_event(E.NotifierBegun, l.vm, 0, GFN_END, l.w.vmWord(l.vm, VM.IN_PROGRESS) + 1),
      (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, 0, l.start, l.end, 1, 0),
    ],
    zapped: [
      null,
      (l, flush) => {
        l.asId++;
        if (l.asId < ADDRESS_SPACES) {
          return call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, l.asId, l.start, l.end, 1, flush);
        }
        return flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : 'kvm_mmu_invalidate_end';
      },
    ],
    flushed: [null, () => 'kvm_mmu_invalidate_end'],
    kvm_mmu_invalidate_end: [
      (l) => {
        const at = l.w.vm(l.vm);
        op.vm_event(E.NotifierEnded, l.vm, l.w.s[at + VM.INVALIDATE_SEQ] + 1, l.w.s[at + VM.IN_PROGRESS] - 1);
      },
      () => 'write_unlock',
    ],
    write_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), () => ret()],
  },
);
