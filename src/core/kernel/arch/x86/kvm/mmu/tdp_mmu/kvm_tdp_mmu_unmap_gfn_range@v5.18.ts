// kvm_tdp_mmu_unmap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (d62007edf01f: all roots, invalid ones too)
// The MMU notifier's unmap of one slot's range.
// Context: mmu_lock held for write; may yield when the notifier is blockable. Returns whether a flush is due.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_unmap_gfn_range_v5_18 = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'flush'],
    leftOut: 'nothing',
  },
  {
    zap_leafs: [
      null,
      (l) => call(fn.kvm_tdp_mmu_zap_leafs, 'zapped', l.vm, l.asId, l.start, l.end, l.mayBlock, l.flush),
    ],
    zapped: [null, (_l, flush) => ret(flush)],
  },
);
