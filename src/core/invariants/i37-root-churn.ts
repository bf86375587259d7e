// I37. The mail's own claim. A metric: the number of allocations against the number of (role, epoch) pairs, where a new epoch
// begins with each kvm_mmu_zap_all_fast. Promised from the draft (d) on; measured for the eras before it as well.
import { PAGE } from '../aggregates/layout.js';
import type { Handler, Invariant } from './invariant.js';

const ROLES = 32;
const ALLOCATIONS = 0;
const PAIRS = 1;

export const i37RootChurn: Invariant = {
  number: 37,
  name: 'ROOT_CHURN',
  kind: 'performance',
  statement:
    'No more roots are allocated than roles are used, counted anew after each memslot change. (Promised from the draft on; ' +
    'measured for earlier eras too.)',
  eras: 'abcdefgh',
  exercise: 'allocated a root',
  details: ['', 'more roots were allocated than roles used'],
  seen: 'root allocations',
  create(w, _rules, probe, _facts, take) {
    const totals = take(2);
    /** By VM: roles seen in this epoch. */
    const count = take(w.vms);
    const roles = take(w.vms * ROLES);
    const listed: Handler = (w, e, i) => {
      const vm = e.a[i];
      const role = w.pageWord(e.c[i], PAGE.ROLE);
      probe.checks++;
      totals[ALLOCATIONS]++;
      for (let k = 0; k < count[vm]; k++) if (roles[vm * ROLES + k] === role) return;
      if (count[vm] < ROLES) roles[vm * ROLES + count[vm]++] = role;
      totals[PAIRS]++;
    };
    return {
      after: {
        RootListed: listed,
        FastZapBegun: (_w, e, i) => {
          count[e.subject[i] >> 4] = 0;
        },
      },
      metrics: () => ({ rootAllocations: totals[ALLOCATIONS], rolesUsed: totals[PAIRS] }),
      kept: () => totals[ALLOCATIONS] <= totals[PAIRS],
    };
  },
};
