// I26. What shows: the kernel's own warning. That a restart steps over an entry (B19) shows as an entry that is left: I17, I30.
import { ASSERTION } from '../events/constants.js';
import type { Invariant } from './invariant.js';

export const i26NoSpteUseAfterYield: Invariant = {
  number: 26,
  name: 'NO_SPTE_USE_AFTER_YIELD',
  kind: 'transition',
  statement:
    'After a yield an iterator neither reads nor writes the entry that it stood on before it has restarted, and the ' +
    'restart does not advance it.',
  eras: 'bcdefgh',
  exercise: 'yielded in a walk',
  details: ['', 'the kernel warned that an iterator was used after it had yielded'],
  seen: "the warning's detail",
  notEvaluated:
    'reading an entry leaves no event, nor does the restart of a walk; what a skipped entry leads to is I17 and I30',
  create(_w, _rules, probe) {
    return {
      after: {
        AssertionFired: (w, e, i) => {
          if (e.a[i] === ASSERTION.WARN_ITER_YIELDED) probe.report(w, e, i, 1, e.b[i], -1);
        },
      },
    };
  },
};
