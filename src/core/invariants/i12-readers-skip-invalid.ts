// I12. From v6.6 on the walk that zaps invalidated roots is such a reader, so it is not stated for those eras.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { Handler, Invariant } from './invariant.js';
import { mmuLockMode } from './world-walks.js';

export const i12ReadersSkipInvalid: Invariant = {
  number: 12,
  name: 'READERS_SKIP_INVALID',
  kind: 'transition',
  statement: 'A thread that holds mmu_lock for read only never takes a reference to an invalid root.',
  eras: 'cde',
  exercise: 'taken a reference under mmu_lock held for read',
  details: ['', 'a reader took a reference to an invalid root'],
  seen: 'the role word',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      if (mmuLockMode(w, e.thread[i]) !== LOCK_MODE.read) return;
      const role = w.pageWord(e.c[i], PAGE.ROLE);
      probe.checks++;
      if (role_is_invalid(role)) probe.report(w, e, i, 1, role, e.c[i]);
    };
    return { before: { RootGot: check } };
  },
};
