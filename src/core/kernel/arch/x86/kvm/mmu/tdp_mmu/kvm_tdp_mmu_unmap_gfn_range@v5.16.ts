// kvm_tdp_mmu_unmap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.16 (7533377215b6)
// The MMU notifier's unmap of one slot's range, by the yield-safe walk: which gives out no invalid root (B6).
// Context: mmu_lock held for write; may yield when the notifier is blockable. Returns whether a flush is due.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_unmap_gfn_range_v5_16 = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.16',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'flush'],
    leftOut: 'nothing',
  },
  {
    zap_gfn_range: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, l.asId, l.start, l.end, l.mayBlock, l.flush),
    ],
    zapped: [null, (_l, flush) => ret(flush)],
  },
);
