// kvm_tdp_mmu_zap_leafs() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (99b85fda91b1)
// Zaps the leafs of [start, end) in every VALID root of all address spaces: an invalid one will be zapped whole.
// Context: mmu_lock held for write. Returns whether the caller must flush before it releases mmu_lock.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_leafs_v6_9 = procedure(
  'kvm_tdp_mmu_zap_leafs',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'asId', 'start', 'end', 'canYield', 'flush'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    first_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 1, -1)],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 1, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret(l.flush);
        l.root = root;
        return call(fn.tdp_mmu_zap_leafs, 'zapped', l.vm, root, l.start, l.end, l.canYield, l.flush);
      },
    ],
    zapped: [
      null,
      (l, flush) => {
        l.flush = flush;
        return 'next_root';
      },
    ],
  },
);
