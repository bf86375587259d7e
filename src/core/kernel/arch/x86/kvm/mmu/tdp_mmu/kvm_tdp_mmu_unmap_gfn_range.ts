// kvm_tdp_mmu_zap_hva_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 (kvm_tdp_mmu_unmap_gfn_range from v5.13)
// The MMU notifier's unmap of one slot's range, in all roots. Never yields.
// Context: mmu_lock held (a spinlock). Returns whether a flush is due.
// Left out: the walk over roots outside of that over slots (here one walk per slot).
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_unmap_gfn_range = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'flush'],
    leftOut: 'the walk over roots outside of that over slots',
  },
  {
    zap_gfn_range: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, l.asId, l.start, l.end, 0, l.flush),
    ],
    zapped: [null, (_l, flush) => ret(flush)],
  },
);
