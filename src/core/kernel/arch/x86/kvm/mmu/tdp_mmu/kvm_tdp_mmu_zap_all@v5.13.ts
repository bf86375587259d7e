// kvm_tdp_mmu_zap_all() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13
// Zaps everything in the roots that the yield-safe walk gives out, one walk per address space, and flushes. It gives out no invalid
// root: what those still map stays mapped (B6).
// Context: mmu_lock held for write; may yield. Returns nothing.
// Left out: nothing.
import { ADDRESS_SPACES } from '../../../../../../aggregates/layout.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

export const kvm_tdp_mmu_zap_all_v5_13 = procedure(
  'kvm_tdp_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm'],
    locals: ['asId'],
    leftOut: 'nothing',
  },
  {
    zap_gfn_range: [null, (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, 0, 0, GFN_END, 1, 0)],
    zapped: [
      null,
      (l, flush) => {
        l.asId++;
        if (l.asId < ADDRESS_SPACES)
          return call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, l.asId, 0, GFN_END, 1, flush);
        return flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : ret();
      },
    ],
    flushed: [null, () => ret()],
  },
);
