// tdp_mmu_zap_root() -- arch/x86/kvm/mmu/tdp_mmu.c, v5.18 (1b6043e8e584)
// Zaps every SPTE of one root in two passes: level 3 first, so that no single step has to tear down 512 GiB, then the root's
// own entries. Needs no flush: nobody can enter the guest with this root any more (or the VM is gone).
// Context: mmu_lock held, read (shared) or write; the caller holds a reference, because the passes may yield.
// Left out: nothing.
import { LOCK_KIND, PAGE } from '../../../../../../aggregates/layout.js';
import { E } from '../../../../../../events/catalogue.js';
import { ASSERTION } from '../../../../../../events/constants.js';
import { LOCK_MODE } from '../../../../../../events/lock.events.js';
import { op } from '../../../../../../machine/op.js';
import { call, procedure, ret, steps } from '../../../../../../machine/procedure.js';
import { fn } from '../../../../../functions.js';
import { PG_LEVEL_1G } from '../tdp_iter.js';

/** The checks before the passes. */
export const zap_root_begin = steps(['vm', 'root', 'shared'], ['rcu_read_lock'], {
  // The root must stay reachable for the notifiers while this yields: a count of 0 would mean it is being freed.
  refcount_read: [(l) => op.refcount_read(l.root), (_l, count) => (count === 0 ? 'warn' : 'lockdep_assert')],
  warn: [(l) => op.report(ASSERTION.WARN_ZAP_ZERO_REFCOUNT, l.root), () => 'lockdep_assert'],
  lockdep_assert: [
    (l) =>
      op.lockdep_assert_held(
        l.w.lockId(l.vm, LOCK_KIND.mmu_lock),
        l.shared === 1 ? LOCK_MODE.read : LOCK_MODE.write,
      ),
    () => 'tell_started',
  ],
  tell_started: [
    (l) => {
      const at = l.w.page(l.root);
      op.tell_root(E.RootZapStarted, l.w.s[at + PAGE.SERIAL], l.shared, l.w.s[at + PAGE.REFCOUNT], l.root);
    },
    () => 'rcu_read_lock',
  ],
});

/** What follows the last pass. */
export const zap_root_end = steps(['root', 'removed'], [], {
  rcu_read_unlock: [() => op.rcu_read_unlock(), () => 'tell_finished'],
  tell_finished: [
    (l) => {
      const at = l.w.page(l.root);
      op.tell_root(E.RootZapFinished, l.w.s[at + PAGE.SERIAL], l.removed, l.w.s[at + PAGE.REFCOUNT], l.root);
    },
    () => ret(),
  ],
});

export const tdp_mmu_zap_root = procedure(
  'tdp_mmu_zap_root',
  {
    file: 'arch/x86/kvm/mmu/tdp_mmu.c',
    since: 'v5.18',
    params: ['vm', 'root', 'shared'],
    locals: ['removed'],
    leftOut: 'nothing',
  },
  {
    ...zap_root_begin,
    rcu_read_lock: [
      () => op.rcu_read_lock(),
      (l) => call(fn.__tdp_mmu_zap_root, 'zapped_1g', l.vm, l.root, l.shared, PG_LEVEL_1G),
    ],
    zapped_1g: [
      null,
      (l, removed) => {
        l.removed = removed;
        const level = l.w.pageWord(l.root, PAGE.LEVEL);
        return call(fn.__tdp_mmu_zap_root, 'zapped_root_level', l.vm, l.root, l.shared, level);
      },
    ],
    zapped_root_level: [
      null,
      (l, removed) => {
        l.removed += removed;
        return 'rcu_read_unlock';
      },
    ],
    ...zap_root_end,
  },
);
