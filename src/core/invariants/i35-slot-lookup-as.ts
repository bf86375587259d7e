// I35.
import { PAGE, VCPU } from '../aggregates/layout.js';
import { role_as_id } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i35SlotLookupAs: Invariant = {
  number: 35,
  name: 'SLOT_LOOKUP_AS',
  kind: 'transition',
  statement:
    'A memslot is looked up in the address space of the root that it is looked up for. (Faults; NX recovery is not modelled.)',
  eras: 'abcdefgh',
  exercise: 'handled a guest page fault',
  details: ['', "a fault looks in another address space than its vCPU's root has"],
  seen: 'the address space of the lookup',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      const root = w.vcpuWord(e.subject[i] >> 4, VCPU.ROOT) - 1;
      if (root < 0) return;
      probe.checks++;
      if ((e.c[i] !== 0 ? 1 : 0) !== role_as_id(w.pageWord(root, PAGE.ROLE)))
        probe.report(w, e, i, 1, e.c[i], root);
    };
    return { after: { FaultBegun: check } };
  },
};
