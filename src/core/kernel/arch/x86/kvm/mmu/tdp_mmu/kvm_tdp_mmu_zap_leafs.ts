// kvm_tdp_mmu_zap_leafs() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18
// Zaps the leafs of [start, end) in every root of the address space (asId -1: of all), valid or not. The walk takes and drops
// a reference on every listed root: the address space is tested in the loop's body.
// Context: mmu_lock held for write. Returns whether the caller must flush before it releases mmu_lock.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_zap_leafs = procedure(
  'kvm_tdp_mmu_zap_leafs',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'asId', 'start', 'end', 'canYield', 'flush'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    first_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 0, -1)],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 0, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret(l.flush);
        l.root = root;
        if (l.asId >= 0 && role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== l.asId) return 'next_root';
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
