// kvm_tdp_mmu_unmap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v6.14 (de86ef7bf50f)
// As before, in the roots of the types that the range is about, and in invalid ones: private 0: shared memory (the MMU notifier's:
// DIRECT roots), private 1: all of it (a slot that goes).
// Context: mmu_lock held for write; may yield when the notifier is blockable. Returns whether a flush is due.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { ROOT_TYPE, role_as_id } from '../../../../../../aggregates/role.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

/** kvm_gfn_range_filter_to_root_types(), and INVALID. */
function types_of(l: { readonly private: number }): number {
  return l.private === 1 ? ROOT_TYPE.ALL : ROOT_TYPE.DIRECT | ROOT_TYPE.INVALID;
}

export const kvm_tdp_mmu_unmap_gfn_range_v6_14 = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v6.14',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'private'],
    locals: ['root', 'flush'],
    leftOut: 'nothing',
  },
  {
    first_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, types_of(l))],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, types_of(l))],
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
