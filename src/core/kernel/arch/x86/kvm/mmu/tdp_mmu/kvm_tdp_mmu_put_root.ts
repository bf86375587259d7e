// kvm_mmu_put_root() and what its callers do at 0 -- arch/x86/kvm/mmu/mmu_internal.h, v5.10 (kvm_tdp_mmu_put_root from v5.13)
// Gives one reference back. Whoever gives the last one frees the root there and then, with its whole tree.
// In v5.10.0 the walk over roots did not look at the answer (B1): constant iteratorPutFrees, 0 there, 1 since a889ea54b3da.
// Context: mmu_lock held (a spinlock). Returns nothing.
// Left out: nothing.
import { LOCK_KIND } from '../../../../../../aggregates/layout.js';
import { HOLDER } from '../../../../../../events/root.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';

export const kvm_tdp_mmu_put_root = procedure(
  'kvm_tdp_mmu_put_root',
  {
    file: 'arch/x86/kvm/mmu/mmu_internal.h',
    since: 'v5.10',
    params: ['vm', 'root', 'shared', 'holder'],
    leftOut: 'nothing',
  },
  {
    lockdep_assert: [
      (l) => op.lockdep_assert_held_write(l.w.lockId(l.vm, LOCK_KIND.mmu_lock)),
      () => 'dec_root_count',
    ],
    dec_root_count: [
      (l) => op.refcount_dec_and_test(l.root, l.holder),
      (l, zero) => {
        if (!zero) return ret();
        if (l.holder === HOLDER.iterator && l.env.constants.iteratorPutFrees === 0) return ret();
        return call(fn.kvm_tdp_mmu_free_root, 'freed', l.vm, l.root);
      },
    ],
    freed: [null, () => ret()],
  },
);
