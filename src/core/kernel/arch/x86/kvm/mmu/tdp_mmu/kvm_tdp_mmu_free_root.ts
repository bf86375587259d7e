// kvm_tdp_mmu_free_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 (until v5.12)
// The end of a root: off the list, the whole tree zapped without a yield, table and descriptor freed at once.
// Context: mmu_lock held (a spinlock), the count is 0. Returns nothing.
// Left out: the WARNs for a count that is not 0 and for a page that is no TDP page.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

export const kvm_tdp_mmu_free_root = procedure(
  'kvm_tdp_mmu_free_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'root'],
    leftOut: 'the WARNs for a count that is not 0 and for a page that is no TDP page',
  },
  {
    list_del: [(l) => op.list_del_rcu(l.vm, l.root), () => 'tell_started'],
    tell_started: [
      (l) => op.tell_root(E.RootZapStarted, l.w.pageWord(l.root, PAGE.SERIAL), 0, 0, l.root),
      (l) => call(fn.zap_gfn_range, 'zapped', l.vm, l.root, 0, GFN_END, 0, 0),
    ],
    zapped: [null, () => 'tell_finished'],
    tell_finished: [
      (l) => op.tell_root(E.RootZapFinished, l.w.pageWord(l.root, PAGE.SERIAL), 0, 0, l.root),
      () => 'free',
    ],
    free: [(l) => op.free_root(l.root), () => ret()],
  },
);
