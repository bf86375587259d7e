// I35. A fault tells which address space it looks in. NX recovery does not; the kernel warns when it finds no slot there.
import { PAGE, VCPU } from '../aggregates/layout.js';
import { role_as_id } from '../aggregates/role.js';
import { ASSERTION } from '../events/constants.js';
import type { Handler, Invariant } from './invariant.js';

export const i35SlotLookupAs: Invariant = {
  number: 35,
  name: 'SLOT_LOOKUP_AS',
  kind: 'transition',
  statement:
    'A memslot is looked up in the address space of the root that it is looked up for. (Of NX recovery a wrong look-up shows ' +
    'where it finds no slot.)',
  eras: 'abcdefgh',
  exercise: 'handled a guest page fault',
  details: [
    '',
    "a fault looks in another address space than its vCPU's root has",
    'NX recovery found no slot for a table, and the kernel warned',
  ],
  seen: 'the address space of the lookup, or the page of the table',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      const root = w.vcpuWord(e.subject[i] >> 4, VCPU.ROOT) - 1;
      if (root < 0) return;
      probe.checks++;
      if ((e.c[i] !== 0 ? 1 : 0) !== role_as_id(w.pageWord(root, PAGE.ROLE)))
        probe.report(w, e, i, 1, e.c[i], root);
    };
    const asserted: Handler = (w, e, i) => {
      if (e.a[i] === ASSERTION.WARN_NX_NO_SLOT) probe.report(w, e, i, 2, e.b[i], -1);
    };
    return { after: { FaultBegun: check, AssertionFired: asserted } };
  },
};
