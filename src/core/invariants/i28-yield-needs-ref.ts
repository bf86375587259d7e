// I28.
import { LOCK_KIND, LOCKS_PER_VM } from '../aggregates/layout.js';
import { HOLDER } from '../events/root.events.js';
import type { Handler, Invariant } from './invariant.js';

export const i28YieldNeedsRef: Invariant = {
  number: 28,
  name: 'YIELD_NEEDS_REF',
  kind: 'transition',
  statement:
    'A walk over roots that gives mmu_lock up for others holds a reference to the root that it stands on.',
  eras: 'abcdefgh',
  exercise: 'given mmu_lock up in a walk',
  details: [
    '',
    'mmu_lock was given up without a reference to any root',
    'the zap of a root was interrupted without a reference to that root',
  ],
  seen: 'the lock, or the page of the root',
  create(w, _rules, probe, facts, take) {
    /** By thread: references that its invalidation took for the zap that follows it (up to v5.17), and has not put yet. */
    const gifts = take(w.threads);
    const gift =
      (by: number): Handler =>
      (_w, e, i) => {
        const t = e.thread[i];
        if (e.a[i] === HOLDER.tdpMmu) gifts[t] = Math.max(0, gifts[t] + by);
      };
    const yielded: Handler = (w, e, i) => {
      const id = e.subject[i] >> 4;
      if (id % LOCKS_PER_VM !== LOCK_KIND.mmu_lock) return;
      const t = e.thread[i];
      probe.checks++;
      if (facts.iteratorRefs(t) === 0 && facts.work[t] === 0 && gifts[t] === 0)
        probe.report(w, e, i, 1, id, -1);
    };
    const zapYielded: Handler = (w, e, i) => {
      const t = e.thread[i];
      const page = e.c[i];
      probe.checks++;
      if (facts.work[t] !== page + 1 && facts.iteratorSerial(t, page) < 0 && gifts[t] === 0)
        probe.report(w, e, i, 2, page, page);
    };
    return {
      after: { RootGot: gift(1), RootPut: gift(-1), LockYielded: yielded, RootZapYielded: zapYielded },
    };
  },
};
