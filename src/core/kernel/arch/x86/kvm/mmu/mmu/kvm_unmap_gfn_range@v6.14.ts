// kvm_unmap_gfn_range() -- arch/x86/kvm/mmu/mmu.c, v6.14 (de86ef7bf50f)
// The unmap of one slot's range: by the MMU notifier (private 0: shared memory only) or because the slot goes (private 1).
// Context: mmu_lock held for write. Returns whether a flush is due.
// Left out: the shadow MMU's rmaps.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_unmap_gfn_range_v6_14 = procedure(
  'kvm_unmap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v6.14',
    params: ['vm', 'asId', 'start', 'end', 'blockable', 'private'],
    leftOut: "the shadow MMU's rmaps",
  },
  {
    tdp_mmu: [
      null,
      (l) =>
        call(fn.kvm_tdp_mmu_unmap_gfn_range, 'done', l.vm, l.asId, l.start, l.end, l.blockable, l.private),
    ],
    done: [null, (_l, answer) => ret(answer)],
  },
);
