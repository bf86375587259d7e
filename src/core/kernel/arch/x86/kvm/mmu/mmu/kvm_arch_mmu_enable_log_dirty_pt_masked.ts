// kvm_arch_mmu_enable_log_dirty_pt_masked() -- arch/x86/kvm/mmu/mmu.c, v5.18
// After the dirty bits of `pages` pages from firstGfn on were taken: write-protects their 4K leafs, so that the next write is seen.
// Context: mmu_lock held for write; the caller flushes. Returns nothing.
// Left out: PML (Dirty bits instead of write protection), manual protection with initially-all-set.
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_arch_mmu_enable_log_dirty_pt_masked = procedure(
  'kvm_arch_mmu_enable_log_dirty_pt_masked',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.18',
    params: ['vm', 'slotId', 'firstGfn', 'pages'],
    leftOut: 'PML, manual protection',
  },
  {
    tdp_mmu: [
      null,
      (l) => call(fn.kvm_tdp_mmu_clear_dirty_pt_masked, 'done', l.vm, l.slotId, l.firstGfn, l.pages, 1),
    ],
    done: [null, (_l, answer) => ret(answer)],
  },
);
