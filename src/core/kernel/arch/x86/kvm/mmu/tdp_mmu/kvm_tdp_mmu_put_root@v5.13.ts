// kvm_tdp_mmu_put_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.13 (2bdb3d84cebc, 6103bc074048)
// Gives one reference back. The last one takes the root off the list, THEN zaps its whole tree without a yield (B8), and frees it
// after a grace period.
// Context: mmu_lock held, read (shared) or write. Returns nothing.
// Left out: the WARN for a non-TDP page (the model has no other root).
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { GFN_END } from '../tdp_iter.js';

export const kvm_tdp_mmu_put_root_v5_13 = procedure(
  'kvm_tdp_mmu_put_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.13',
    params: ['vm', 'root', 'shared', 'holder'],
    leftOut: 'the WARN for a non-TDP page',
  },
  {
    lockdep_assert: [
      (l) =>
        op.lockdep_assert_held(
          l.w.lockId(l.vm, LOCK_KIND.mmu_lock),
          l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write,
        ),
      () => 'refcount_dec_and_test',
    ],
    refcount_dec_and_test: [
      (l) => op.refcount_dec_and_test(l.root, l.holder),
      (_l, zero) => (zero ? 'spin_lock' : ret()),
    ],
    spin_lock: [(l) => op.spin_lock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)), () => 'list_del_rcu'],
    list_del_rcu: [(l) => op.list_del_rcu(l.vm, l.root), () => 'spin_unlock'],
    spin_unlock: [
      (l) => op.spin_unlock(l.w.lockId(l.vm, LOCK_KIND.tdp_mmu_pages_lock)),
      () => 'tell_started',
    ],
    tell_started: [
      (l) => op.tell_root(E.RootZapStarted, l.w.pageWord(l.root, PAGE.SERIAL), l.shared, 0, l.root),
      (l) => call(fn.zap_gfn_range, 'zapped', l.vm, l.root, 0, GFN_END, l.shared === 1 ? 2 : 0, 0),
    ],
    zapped: [null, () => 'tell_finished'],
    tell_finished: [
      (l) => op.tell_root(E.RootZapFinished, l.w.pageWord(l.root, PAGE.SERIAL), 0, 0, l.root),
      () => 'call_rcu',
    ],
    call_rcu: [(l) => op.call_rcu(l.root), () => ret()],
  },
);
