// I2. A put by a thread that holds nothing, a count below 0, and a count that leaves 0 by an increment.
import { PAGE } from '../aggregates/layout.js';
import { ASSERTION } from '../events/constants.js';
import { HOLDER } from '../events/root.events.js';
import type { Handler, Invariant } from './invariant.js';

const HOLD_FIELD = [0, PAGE.HOLD_VCPU, PAGE.HOLD_ITERATOR, PAGE.HOLD_TDP_MMU, PAGE.HOLD_WORK];

export const i02NoRcUnderflow: Invariant = {
  number: 2,
  name: 'NO_RC_UNDERFLOW',
  kind: 'transition',
  statement: 'Only a holder puts; a count never goes below 0, and an increment never takes it from 0 to 1.',
  eras: 'abcdefgh',
  exercise: 'taken or given back a reference',
  details: [
    '',
    'a reference was put that nobody of that class held',
    'a count of 0 was decremented',
    'a count of 0 was incremented',
    'an iterator reference was put by a thread that holds none on this root',
    'a vCPU reference was put that no vCPU slot names',
  ],
  seen: 'the count after the event, or the page of the root',
  create(_w, _rules, probe, facts) {
    const put: Handler = (w, e, i) => {
      const page = e.c[i];
      const holder = e.a[i];
      probe.checks++;
      if (w.pageWord(page, HOLD_FIELD[holder]) <= 0) {
        probe.report(w, e, i, 1, e.b[i], page);
      } else if (holder === HOLDER.iterator) {
        if (facts.iteratorSerial(e.thread[i], page) < 0) probe.report(w, e, i, 4, e.b[i], page);
      } else if (holder === HOLDER.vcpu) {
        if (facts.slots[page] === 0 && facts.got[e.thread[i]] !== page + 1)
          probe.report(w, e, i, 5, e.b[i], page);
      }
    };
    const got: Handler = (w, e, i) => {
      probe.checks++;
      if (w.pageWord(e.c[i], PAGE.REFCOUNT) === 0) probe.report(w, e, i, 3, e.b[i], e.c[i]);
    };
    const asserted: Handler = (w, e, i) => {
      if (e.a[i] === ASSERTION.REFCOUNT_UNDERFLOW) probe.report(w, e, i, 2, e.b[i], e.b[i]);
      else if (e.a[i] === ASSERTION.REFCOUNT_INC_ON_ZERO) probe.report(w, e, i, 3, e.b[i], e.b[i]);
    };
    return { before: { RootPut: put, RootGot: got }, after: { AssertionFired: asserted } };
  },
};
