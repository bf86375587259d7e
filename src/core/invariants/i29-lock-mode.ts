// I29. The kernel's own lockdep reports, and the same rules read off the events. v5.10's spinlock counts as held for write.
import { PAGE } from '../aggregates/layout.js';
import { role_is_direct } from '../aggregates/role.js';
import type { World } from '../aggregates/world.js';
import { ASSERTION } from '../events/constants.js';
import { LOCK_MODE } from '../events/lock.events.js';
import { HOLDER } from '../events/root.events.js';
import type { EventRows, Handler, Invariant } from './invariant.js';
import { mmuLockMode } from './world-walks.js';

export const i29LockMode: Invariant = {
  number: 29,
  name: 'LOCK_MODE',
  kind: 'transition',
  statement: 'Every function runs with mmu_lock in the mode that its era asks for.',
  eras: 'abcdefgh',
  exercise: 'done anything under mmu_lock',
  details: [
    '',
    "the kernel's lockdep assertion failed",
    'a reference was put without mmu_lock',
    "a vCPU's reference was put in the wrong mode",
    'a root was listed in the wrong mode',
    'a root was zapped in another mode than it was told',
    'a notifier changed its range without mmu_lock held for write',
    'an entry of a tree was changed without mmu_lock',
  ],
  seen: 'the mode of mmu_lock (0 not held, 1 read, 2 write), or the assertion',
  create(_w, rules, probe, facts) {
    const need = (w: World, e: EventRows, i: number, mode: number, detail: number, page: number): void => {
      const held = mmuLockMode(w, e.thread[i]);
      probe.checks++;
      if (held !== mode) probe.report(w, e, i, detail, held, page);
    };
    const put: Handler = (w, e, i) => {
      // A shadow root is put under mmu_lock held for write in every era.
      if (e.a[i] === HOLDER.vcpu && role_is_direct(w.pageWord(e.c[i], PAGE.ROLE))) {
        need(w, e, i, rules.vcpuRootMode, 3, e.c[i]);
        return;
      }
      probe.checks++;
      if (mmuLockMode(w, e.thread[i]) === 0) probe.report(w, e, i, 2, 0, e.c[i]);
    };
    const spte: Handler = (w, e, i) => {
      probe.checks++;
      if (mmuLockMode(w, e.thread[i]) !== 0) return;
      // Private tables are nobody else's. (What fast_page_fault and the hardware may do does not come here.)
      if (facts.rootOf(w, e.subject[i] >> 4) >= 0) probe.report(w, e, i, 7, 0, -1);
    };
    const asserted: Handler = (w, e, i) => {
      const a = e.a[i];
      if (
        a === ASSERTION.LOCKDEP_HELD ||
        a === ASSERTION.LOCKDEP_HELD_READ ||
        a === ASSERTION.LOCKDEP_HELD_WRITE
      ) {
        probe.report(w, e, i, 1, a, -1);
      }
    };
    const notifier: Handler = (w, e, i) => need(w, e, i, LOCK_MODE.write, 6, -1);
    return {
      before: {
        RootPut: put,
        RootListed: (w, e, i) => need(w, e, i, rules.vcpuRootMode, 4, e.c[i]),
        RootZapStarted: (w, e, i) =>
          need(w, e, i, e.a[i] === 1 ? LOCK_MODE.read : LOCK_MODE.write, 5, e.c[i]),
        NotifierBegun: notifier,
        NotifierEnded: notifier,
        SpteChanged: spte,
      },
      after: { AssertionFired: asserted },
    };
  },
};
