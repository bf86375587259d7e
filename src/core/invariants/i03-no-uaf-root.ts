// I3. Two ways to see it: the step touched a page that is free now, or the page holds another root by now than the one
// that this thread took its reference on.
import type { Handler, Invariant } from './invariant.js';

export const i03NoUafRoot: Invariant = {
  number: 3,
  name: 'NO_UAF_ROOT',
  kind: 'transition',
  statement: 'Nobody reads or writes a root, or its list node, after its page went back to the allocator.',
  eras: 'abcdefgh',
  exercise: 'freed a root',
  details: [
    '',
    'a step or a hardware walk touched the page of a freed root',
    'an iterator stands on a page that holds another root by now',
  ],
  seen: 'the page',
  create(_w, _rules, probe, facts) {
    const freed: Handler = () => {
      probe.checks++;
    };
    const touched: Handler = (w, e, i) => {
      // A page that last held a child table has no number: I4.
      if (e.subject[i] >> 4 !== 0) probe.report(w, e, i, 1, e.c[i], -1);
    };
    const put: Handler = (w, e, i) => {
      const serial = facts.iteratorSerial(e.thread[i], e.c[i]);
      if (serial >= 0 && serial !== e.subject[i] >> 4) probe.report(w, e, i, 2, e.c[i], -1);
    };
    return { before: { RootPut: put }, after: { RootFreed: freed, FreedPageTouched: touched } };
  },
};
