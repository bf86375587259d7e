// kvm_unmap_gfn_range() -- arch/x86/kvm/mmu/mmu.c, v5.18
// The MMU notifier's unmap of one slot's range.
// Context: mmu_lock held for write. Returns whether a flush is due.
// Left out: the shadow MMU's rmaps.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_unmap_gfn_range = procedure(
  'kvm_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm', 'asId', 'start', 'end', 'blockable'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    tdp_mmu: [
      null,
      (l) => call(fn.kvm_tdp_mmu_unmap_gfn_range, 'done', l.vm, l.asId, l.start, l.end, l.blockable, 0),
    ],
    done: [null, (_l, answer) => ret(answer)],
  },
);
