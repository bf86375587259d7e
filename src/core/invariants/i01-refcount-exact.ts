// I1. The world books every reference under a class of holder; vCPU slots are counted besides, so that a slot without a
// reference and a reference without a slot both show. A put stands before the clearing of its slot, a get before the
// filling: such a pair must be complete when the thread releases mmu_lock.
import { PAGE, ROOT_SLOTS } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { E } from '../events/catalogue.js';
import { HOLDER } from '../events/root.events.js';
import { holdersOf } from './holders.js';
import type { EventRows, Handler, Invariant } from './invariant.js';

export const i01RefcountExact: Invariant = {
  number: 1,
  name: 'REFCOUNT_EXACT',
  kind: 'state',
  statement:
    'The count of a listed root is the number of its holders: vCPU slots that name it, iterators that stand on it, its ' +
    "work item, and the TDP MMU's own reference where the protocol gives it one (kept while the root is valid, then owed until " +
    'the zap has put it).',
  eras: 'abcdefgh',
  exercise: 'taken or given back a reference',
  details: [
    '',
    'the count differs from the number of holders',
    'a class of holders has given back more references than it had',
    'a vCPU slot names a root without a reference of its own (surplus put or missing get)',
    'a vCPU slot was cleared without giving its reference back (missing put)',
    'a vCPU reference was given back, but the slot still names the root',
    'a valid root is without the reference of the TDP MMU',
    'more than one reference belongs to work items',
    'a vCPU ended while its slots still name roots (missing put)',
    'the TDP MMU holds a reference that this protocol does not give it (surplus get, or missing put of its own)',
  ],
  seen: 'the count, or the number of references in question',
  create(w, rules, probe, facts, take) {
    // 1 while the root is known to be wrong: reported once, not at each later event.
    const wrong = take(w.layout.topology.pages);
    const own = rules.initialRefcount === 2;
    /** Where it has none of its own, a zap may owe one: booked just before the root is marked invalid. */
    const mayOwe = (role: number, e: EventRows, i: number): boolean =>
      rules.invalidationGives &&
      (role_is_invalid(role) || (e.type[i] === E.RootGot && e.a[i] === HOLDER.tdpMmu));

    const settle: Handler = (w, e, i) => {
      const page = e.c[i];
      const at = w.page(page);
      const { s } = w;
      probe.checks++;
      const refcount = s[at + PAGE.REFCOUNT];
      const tdpMmu = s[at + PAGE.HOLD_TDP_MMU];
      let detail = 0;
      let seen = refcount;
      const negative = s[at + PAGE.HOLD_VCPU] | s[at + PAGE.HOLD_ITERATOR] | tdpMmu | s[at + PAGE.HOLD_WORK];
      if (negative < 0) detail = 2;
      else if (holdersOf(w, page) !== refcount) detail = 1;
      else if (s[at + PAGE.HOLD_WORK] > 1) {
        detail = 7;
        seen = s[at + PAGE.HOLD_WORK];
      } else if (own && s[at + PAGE.LISTED] === 1 && tdpMmu < 1 && !role_is_invalid(s[at + PAGE.ROLE])) {
        detail = 6;
      } else if (tdpMmu > 1 || (tdpMmu === 1 && !own && !mayOwe(s[at + PAGE.ROLE], e, i))) {
        detail = 9;
        seen = tdpMmu;
      }
      if (detail === 0) wrong[page] = 0;
      else if (wrong[page] === 0) {
        wrong[page] = 1;
        probe.report(w, e, i, detail, seen, page);
      }
    };

    const loaded: Handler = (w, e, i) => {
      const page = e.c[i];
      probe.checks++;
      if (facts.got[e.thread[i]] !== page + 1)
        probe.report(w, e, i, 3, w.pageWord(page, PAGE.HOLD_VCPU), page);
    };
    const dropped: Handler = (w, e, i) => {
      const named = w.vcpuWord(e.subject[i] >> 4, ROOT_SLOTS[e.a[i]]);
      if (named === 0) return;
      probe.checks++;
      if (facts.put[e.thread[i]] !== named)
        probe.report(w, e, i, 4, w.pageWord(named - 1, PAGE.HOLD_VCPU), named - 1);
    };
    const released: Handler = (w, e, i) => {
      const t = e.thread[i];
      if (facts.put[t] === 0) return;
      const page = facts.put[t] - 1;
      facts.put[t] = 0;
      probe.report(w, e, i, 5, w.pageWord(page, PAGE.REFCOUNT), page);
    };
    const ended: Handler = (w, e, i) => {
      const v = e.subject[i] >> 4;
      probe.checks++;
      for (const slot of ROOT_SLOTS) {
        const named = w.vcpuWord(v, slot);
        if (named !== 0) probe.report(w, e, i, 8, w.pageWord(named - 1, PAGE.HOLD_VCPU), named - 1);
      }
    };
    // Listing is the moment from which the MMU's own reference is promised.
    const listed: Handler = (w, e, i) => {
      wrong[e.c[i]] = 0;
      settle(w, e, i);
    };
    return {
      before: { RootLoaded: loaded, RootDropped: dropped, VcpuDestroyed: ended },
      after: {
        RootListed: listed,
        RootGot: settle,
        RootReferenceKept: settle,
        RootPut: settle,
        RootResurrected: settle,
        RootInvalidated: settle,
        RootZapScheduled: settle,
        LockReleased: released,
      },
    };
  },
};
