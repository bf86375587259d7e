// kvm_tdp_mmu_unmap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.9 (99b85fda91b1 leaves the notifier's walk with all roots)
// The MMU notifier's unmap of one slot's range: in every root of the slot's address space, invalid ones too, because what they
// still map may be written back to. A walk of its own: range zaps skip invalid roots now.
// Context: mmu_lock held for write; may yield when the notifier is blockable. Returns whether a flush is due.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_unmap_gfn_range_v6_9 = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.9',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'flush'],
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
        if (role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== l.asId) return 'next_root';
        return call(fn.tdp_mmu_zap_leafs, 'zapped', l.vm, root, l.start, l.end, l.mayBlock, l.flush);
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
