// I2. A put by a thread that holds nothing, a count below 0, and a count that leaves 0 by an increment.
import { PAGE } from '../aggregates/layout.js';
import { E } from '../events/catalogue.js';
import { ASSERTION } from '../events/constants.js';
import { HOLDER } from '../events/root.events.js';
import type { EventRows, Handler, Invariant } from './invariant.js';

const HOLD_FIELD = [0, PAGE.HOLD_VCPU, PAGE.HOLD_ITERATOR, PAGE.HOLD_TDP_MMU, PAGE.HOLD_WORK];

/** Codes of `details` by the class of holder in whose name the put was: added to HOLDER. */
const PUT_OF_NOBODY = 5;
const DECREMENT_OF_0 = 9;

/** The put that refcount_t reports stands right behind its report. */
function decrementDetail(e: EventRows, i: number): number {
  const put = i + 1 < e.length && e.type[i + 1] === E.RootPut;
  return put ? DECREMENT_OF_0 + e.a[i + 1] : 2;
}

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
    "surplus put: a vCPU's reference was put, and no vCPU held one",
    "surplus put: an iterator's reference was put, and no iterator held one",
    "surplus put: the TDP MMU's own reference was put, and it held none",
    "surplus put: a work item's reference was put, and no work item held one",
    "a count of 0 was decremented: surplus put of a vCPU's reference",
    "a count of 0 was decremented: surplus put of an iterator's reference",
    "a count of 0 was decremented: surplus put of the TDP MMU's own reference",
    "a count of 0 was decremented: surplus put of a work item's reference",
  ],
  seen: 'the count after the event',
  create(_w, _rules, probe, facts) {
    const put: Handler = (w, e, i) => {
      const page = e.c[i];
      const holder = e.a[i];
      probe.checks++;
      if (w.pageWord(page, HOLD_FIELD[holder]) <= 0) {
        probe.report(w, e, i, PUT_OF_NOBODY + holder, e.b[i], page);
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
      const page = e.b[i];
      if (e.a[i] === ASSERTION.REFCOUNT_UNDERFLOW)
        probe.report(w, e, i, decrementDetail(e, i), w.pageWord(page, PAGE.REFCOUNT), page);
      else if (e.a[i] === ASSERTION.REFCOUNT_INC_ON_ZERO)
        probe.report(w, e, i, 3, w.pageWord(page, PAGE.REFCOUNT), page);
    };
    return { before: { RootPut: put, RootGot: got }, after: { AssertionFired: asserted } };
  },
};
