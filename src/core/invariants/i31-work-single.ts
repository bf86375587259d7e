// I31.
import { PAGE, WORK } from '../aggregates/layout.js';
import { ASSERTION } from '../events/constants.js';
import type { Handler, Invariant } from './invariant.js';

export const i31WorkSingle: Invariant = {
  number: 31,
  name: 'WORK_SINGLE',
  kind: 'state',
  statement:
    "A root's work item is queued at most once in the root's life, and never initialised while it is pending.",
  eras: 'cde',
  exercise: 'queued a work item',
  details: [
    '',
    "a root's work item was queued a second time",
    'a work item was queued while it is pending or running',
    'the kernel warned of a pending work item',
  ],
  seen: 'the page of the root',
  create(w, _rules, probe, _facts, take) {
    const queued = take(w.layout.topology.pages);
    const check: Handler = (w, e, i) => {
      const page = e.c[i];
      probe.checks++;
      if (w.pageWord(page, PAGE.WORK) !== WORK.idle) probe.report(w, e, i, 2, page, page);
      else if (queued[page] !== 0) probe.report(w, e, i, 1, page, page);
      queued[page] = 1;
    };
    return {
      before: { WorkQueued: check },
      after: {
        RootFreed: (_w, e, i) => {
          queued[e.c[i]] = 0;
        },
        AssertionFired: (w, e, i) => {
          if (e.a[i] === ASSERTION.WARN_WORK_PENDING) probe.report(w, e, i, 3, e.b[i], e.b[i]);
        },
      },
    };
  },
};
