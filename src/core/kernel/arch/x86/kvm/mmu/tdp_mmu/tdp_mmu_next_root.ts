// for_each_tdp_mmu_root_yield_safe(): tdp_mmu_next_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// The next root of the list, with a reference; gives the one before back, and frees it at 0. The successor is read BEFORE the put
// and referenced after it: the lock is held all the while, so it cannot go in between.
// Context: mmu_lock held (a spinlock). prev -1: start. Returns the root's page or -1. No root is ever invalid.
// Left out: BUG() ends the task in C; here the walk ends behind its report.
import { ASSERTION } from '../../../../../../events/constants.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const tdp_mmu_next_root = procedure(
  'tdp_mmu_next_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'prev', 'shared', 'onlyValid'],
    locals: ['next'],
    leftOut: 'the death of a task in BUG()',
  },
  {
    start: [null, (l) => (l.prev >= 0 ? 'list_next' : 'list_first')],
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.next = root;
        return root < 0 ? ret(-1) : 'kvm_mmu_get_root';
      },
    ],
    list_next: [
      (l) => op.list_next(l.prev),
      (l, root) => {
        l.next = root;
        return call(fn.kvm_tdp_mmu_put_root, 'put', l.vm, l.prev, 0, HOLDER.iterator);
      },
    ],
    put: [null, (l) => (l.next < 0 ? ret(-1) : 'kvm_mmu_get_root')],
    kvm_mmu_get_root: [
      (l) => op.refcount_inc_not_zero(l.next, HOLDER.iterator),
      (l, got) => (got ? ret(l.next) : 'bug_on_zero'),
    ],
    bug_on_zero: [(l) => op.report(ASSERTION.REFCOUNT_INC_ON_ZERO, l.next), () => ret(-1)],
  },
);
