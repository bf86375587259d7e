// kvm_tdp_mmu_zap_gfn_range() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.10 (until v5.17)
// Zaps [start, end) in every root of the address space (asId -1: of all) that the yield-safe walk gives out.
// Context: mmu_lock held for write (v5.10: a spinlock). Returns whether the caller must flush before it releases mmu_lock.
// Constant zapCarriesFlush 0: what earlier roots have pending is not told to the walk in the next one, so a yield there does not
// flush it (B5; a835429cda91).
// Left out: nothing.
import { PAGE } from '../../../../../../aggregates/layout.js';
import { role_as_id } from '../../../../../../aggregates/role.js';
import { E } from '../../../../../../events/catalogue.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';
import { ZAP_MAY_YIELD } from './zap_gfn_range.js';

export const kvm_tdp_mmu_zap_gfn_range = procedure(
  'kvm_tdp_mmu_zap_gfn_range',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.10',
    params: ['vm', 'asId', 'start', 'end', 'canYield', 'flush'],
    locals: ['root', 'whole'],
    leftOut: 'nothing',
  },
  {
    first_root: [
      null,
      (l) => {
        l.whole = l.start === 0 && l.end === GFN_END ? 1 : 0;
        return call(fn.tdp_mmu_next_root, 'root', l.vm, -1, 0, 0, -1);
      },
    ],
    next_root: [null, (l) => call(fn.tdp_mmu_next_root, 'root', l.vm, l.root, 0, 0, -1)],
    root: [
      null,
      (l, root) => {
        if (root < 0) return ret(l.flush);
        l.root = root;
        if (l.asId >= 0 && role_as_id(l.w.pageWord(root, PAGE.ROLE)) !== l.asId) return 'next_root';
        return l.whole ? 'tell_started' : 'zap';
      },
    ],
    tell_started: [
      (l) => {
        const at = l.w.page(l.root);
        op.tell_root(E.RootZapStarted, l.w.s[at + PAGE.SERIAL], 0, l.w.s[at + PAGE.REFCOUNT], l.root);
      },
      () => 'zap',
    ],
    zap: [
      null,
      (l) => {
        const pending = l.env.constants.zapCarriesFlush === 0 ? 0 : l.flush;
        const flags = l.canYield ? ZAP_MAY_YIELD : 0;
        return call(fn.zap_gfn_range, 'zapped', l.vm, l.root, l.start, l.end, flags, pending);
      },
    ],
    zapped: [
      null,
      (l, flush) => {
        l.flush = l.env.constants.zapCarriesFlush === 0 ? l.flush | flush : flush;
        return l.whole ? 'tell_finished' : 'next_root';
      },
    ],
    tell_finished: [
      (l) => {
        const at = l.w.page(l.root);
        op.tell_root(E.RootZapFinished, l.w.s[at + PAGE.SERIAL], 0, l.w.s[at + PAGE.REFCOUNT], l.root);
      },
      () => 'next_root',
    ],
  },
);
