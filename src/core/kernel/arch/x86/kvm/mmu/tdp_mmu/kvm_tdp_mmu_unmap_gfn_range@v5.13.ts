// kvm_tdp_mmu_unmap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (e1eed5847b09)
// The MMU notifier's unmap of one slot's range, by the PLAIN walk over the list: no reference is taken, although the zap may yield
// (B7). It does visit invalid roots.
// Context: mmu_lock held for write; may yield when the notifier is blockable. Returns whether a flush is due.
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { ZAP_MAY_YIELD } from './zap_gfn_range.js';

export const kvm_tdp_mmu_unmap_gfn_range_v5_13 = procedure(
  'kvm_tdp_mmu_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'asId', 'start', 'end', 'mayBlock', 'flush'],
    locals: ['root'],
    leftOut: 'nothing',
  },
  {
    list_first: [
      (l) => op.list_first(l.vm),
      (l, root) => {
        l.root = root;
        return root < 0 ? ret(l.flush) : 'address_space';
      },
    ],
    address_space: [
      null,
      (l) => {
        if (role_as_id(l.w.pageWord(l.root, PAGE.ROLE)) !== l.asId) return 'list_next';
        const flags = l.mayBlock ? ZAP_MAY_YIELD : 0;
        return call(fn.zap_gfn_range, 'zapped', l.vm, l.root, l.start, l.end, flags, l.flush);
      },
    ],
    zapped: [
      null,
      (l, flush) => {
        l.flush = flush;
        return 'list_next';
      },
    ],
    list_next: [
      (l) => op.list_next(l.root),
      (l, root) => {
        l.root = root;
        return root < 0 ? ret(l.flush) : 'address_space';
      },
    ],
  },
);
