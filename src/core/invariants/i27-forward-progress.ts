// I27. A yield tells how far its walk went on since it began or last yielded. Nothing is kept: the walk itself knows.
import type { Handler, Invariant } from './invariant.js';

/** Value of `progress`: told, and not one gfn. */
const NONE = 1;

export const i27ForwardProgress: Invariant = {
  number: 27,
  name: 'FORWARD_PROGRESS',
  kind: 'transition',
  statement: 'Between two yields of one walk, and before its first one, it has moved on by at least one gfn.',
  eras: 'bcdefgh',
  exercise: 'yielded in a walk over a tree',
  details: ['', 'a walk yielded where it had begun or yielded last'],
  seen: 'gfns that the walk moved on',
  create(_w, _rules, probe) {
    const yielded: Handler = (w, e, i) => {
      // 0: no walk, or recorded before yields told it.
      if (e.c[i] === 0) return;
      probe.checks++;
      if (e.c[i] <= NONE) probe.report(w, e, i, 1, e.c[i] - NONE, -1);
    };
    return { after: { LockYielded: yielded } };
  },
};
