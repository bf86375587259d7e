// kvm_tdp_mmu_zap_all() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10
// Zaps everything in every root, in place, in one walk, and flushes. The roots stay, and are used again.
// Context: mmu_lock held (a spinlock); may yield. Returns nothing.
// Left out: nothing.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

export const kvm_tdp_mmu_zap_all = procedure(
  'kvm_tdp_mmu_zap_all',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm'],
    leftOut: 'nothing',
  },
  {
    zap_gfn_range: [null, (l) => call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, -1, 0, GFN_END, 1, 0)],
    zapped: [null, (l, flush) => (flush ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm) : ret())],
    flushed: [null, () => ret()],
  },
);
