// I26. A yield tells that it is one of a walk, and a walk that begins again tells where. Between the two it must change nothing,
// and where it begins again is at the root, at the entry over the gfn that it had come to. An entry that is only read leaves no
// event; what such a read would lead to is a change, or a position.

import { LOCK_KIND, LOCKS_PER_VM } from '../aggregates/layout.js';
import { ASSERTION } from '../events/constants.js';
import type { EventRows, Handler, Invariant } from './invariant.js';

export const i26NoSpteUseAfterYield: Invariant = {
  number: 26,
  name: 'NO_SPTE_USE_AFTER_YIELD',
  kind: 'transition',
  statement:
    'After a yield an iterator neither reads nor writes the entry that it stood on before it has restarted, and the ' +
    'restart does not advance it.',
  eras: 'bcdefgh',
  exercise: 'yielded in a walk and begun it again',
  details: [
    '',
    'the kernel warned that an iterator was used after it had yielded',
    'a walk changed an entry after a yield, before it had begun again',
    'a walk began again behind the entry before which it had yielded',
  ],
  seen: "the warning's detail, the index of the entry, or the gfn at which the walk went on",
  create(w, _rules, probe, facts, take) {
    /** By thread: it has yielded in a walk and not begun again. */
    const yielded = take(w.threads);
    // The walk was given up. A release that belongs to a yield is not the end of it.
    const released: Handler = (_w, e, i) => {
      const t = e.thread[i];
      const lock = (e.subject[i] >> 4) % LOCKS_PER_VM;
      if (lock === LOCK_KIND.mmu_lock && facts.yields[t] === 0) yielded[t] = 0;
    };
    const changed: Handler = (w, e, i) => {
      if (yielded[e.thread[i]] !== 0) probe.report(w, e, i, 2, e.a[i], -1);
    };
    const restarted: Handler = (w, e, i) => {
      yielded[e.thread[i]] = 0;
      probe.checks++;
      if (e.b[i] > e.a[i] || e.c[i] !== 0) probe.report(w, e, i, 3, e.b[i], -1);
    };
    return {
      after: {
        AssertionFired: (w, e, i) => {
          if (e.a[i] === ASSERTION.WARN_ITER_YIELDED) probe.report(w, e, i, 1, e.b[i], -1);
        },
        LockYielded: (_w, e: EventRows, i) => {
          // 0: no walk over a tree.
          if (e.c[i] !== 0) yielded[e.thread[i]] = 1;
        },
        SpteChanged: changed,
        WalkRestarted: restarted,
        LockReleased: released,
      },
    };
  },
};
