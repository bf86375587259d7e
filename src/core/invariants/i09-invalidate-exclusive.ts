// I9.
import { PAGE, VM, VM_STATE } from '../aggregates/layout.js';
import type { Handler, Invariant } from './invariant.js';
import { holdsMmuLockForWrite, mmuLockMode } from './world-walks.js';

export const i09InvalidateExclusive: Invariant = {
  number: 9,
  name: 'INVALIDATE_EXCLUSIVE',
  kind: 'transition',
  statement:
    'A root becomes invalid under mmu_lock held for write, at the destruction of a VM that nobody else uses, or (v5.18) ' +
    'in the put that took its count to 0.',
  eras: 'bcdefgh',
  exercise: 'invalidated a root',
  details: ['', 'a root became invalid without the lock that makes it exclusive'],
  seen: 'the mode in which the thread holds mmu_lock: 0 not at all, 1 read, 2 write',
  create(_w, rules, probe) {
    const check: Handler = (w, e, i) => {
      const page = e.c[i];
      const vm = w.pageWord(page, PAGE.VM);
      const t = e.thread[i];
      probe.checks++;
      if (holdsMmuLockForWrite(w, t, vm)) return;
      const mode = mmuLockMode(w, t);
      if (rules.invalidatesInPut && e.b[i] === 0 && mode !== 0) return;
      const alone = w.vmWord(vm, VM.STATE) === VM_STATE.destroying && w.vmWord(vm, VM.USERS_COUNT) === 0;
      if (rules.invalidatesAtDestruction && alone) return;
      probe.report(w, e, i, 1, mode, page);
    };
    return { before: { RootInvalidated: check } };
  },
};
