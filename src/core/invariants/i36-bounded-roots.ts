// I36. That a vCPU pins at most four roots is its shape: root.hpa and three prev_roots.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i36BoundedRoots: Invariant = {
  number: 36,
  name: 'BOUNDED_ROOTS',
  kind: 'state',
  statement:
    'A VM has at most six valid roots (twelve with mirror roots): one for each level, SMM and guest mode.',
  eras: 'cdefgh',
  exercise: 'listed a root',
  details: ['', 'the VM has more valid roots than there are roles'],
  seen: 'valid roots',
  create(w, rules, probe, _facts, take) {
    const valid = take(w.vms);
    const gone: Handler = (w, e, i) => {
      const at = w.page(e.c[i]);
      if (w.s[at + PAGE.LISTED] === 1 && !role_is_invalid(w.s[at + PAGE.ROLE])) valid[w.s[at + PAGE.VM]]--;
    };
    const listed: Handler = (w, e, i) => {
      if (role_is_invalid(w.pageWord(e.c[i], PAGE.ROLE))) return;
      const n = ++valid[e.a[i]];
      probe.checks++;
      if (n > rules.validRootsMax) probe.report(w, e, i, 1, n, e.c[i]);
    };
    return { before: { RootInvalidated: gone, RootUnlinked: gone }, after: { RootListed: listed } };
  },
};
