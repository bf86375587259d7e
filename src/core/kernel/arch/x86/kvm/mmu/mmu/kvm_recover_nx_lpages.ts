// kvm_recover_nx_lpages() -- arch/x86/kvm/mmu/mmu.c, v5.10
// The NX recovery thread zaps what tables that only the mitigation keeps map, in all roots, so that the next faults may install large
// leafs.
// Context: a kernel thread; takes mmu_lock (a spinlock; v5.12 on: for write). Returns how many tables it took.
// Constants: nxZapFlushes 0: what the zaps ask to be flushed is not flushed (B4; 048f49809c52); nxZapYields 1: a zap may give the
// lock up (B5; 33a3164161fc).
// Left out: the ratio (it takes all), the yield between two tables, SRCU.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_2M } from '../tdp_iter.js';
import { next_nx_table } from './nx-pages.js';

export const kvm_recover_nx_lpages = procedure(
  'kvm_recover_nx_lpages',
  {
    file: 'arch/x86/kvm/mmu/mmu.c',
    since: 'v5.10',
    params: ['vm'],
    locals: ['table', 'taken', 'flush'],
    leftOut: 'the ratio (it takes all), the yield between two tables, SRCU',
  },
  {
    mmu_lock: [
      (l) => op.write_lock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      (l) => {
        l.table = -1;
        return 'next_sp';
      },
    ],
    next_sp: [
      null,
      (l) => {
        l.table = next_nx_table(l.w, l.vm, l.table);
        if (l.table < 0)
          return l.flush && l.env.constants.nxZapFlushes !== 0
            ? call(fn.kvm_flush_remote_tlbs, 'flushed', l.vm)
            : 'mmu_unlock';
        const gfn = l.w.pageWord(l.table, PAGE.GFN);
        const end = gfn + (1 << l.w.entryShift(PG_LEVEL_2M));
        const yields = l.env.constants.nxZapYields === 1 ? 1 : 0;
        return call(fn.kvm_tdp_mmu_zap_gfn_range, 'zapped', l.vm, -1, gfn, end, yields, l.flush);
      },
    ],
    zapped: [
      null,
      (l, flush) => {
        l.taken++;
        l.flush = flush;
        return 'next_sp';
      },
    ],
    flushed: [null, () => 'mmu_unlock'],
    mmu_unlock: [(l) => op.write_unlock(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)), (l) => ret(l.taken)],
  },
);
