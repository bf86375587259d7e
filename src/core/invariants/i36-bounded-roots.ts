// I36. That a vCPU pins at most four roots is its shape: root.hpa and three prev_roots.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid, role_is_mirror } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i36BoundedRoots: Invariant = {
  number: 36,
  name: 'BOUNDED_ROOTS',
  kind: 'state',
  statement:
    'A VM has at most six valid roots, and as many mirror roots: one for each level, SMM and guest mode.',
  eras: 'cdefgh',
  exercise: 'listed a root',
  details: ['', 'the VM has more valid roots than there are roles'],
  seen: 'valid roots',
  create(w, rules, probe, _facts, take) {
    // By VM: direct roots, then mirror roots. Where there can be mirrors, each kind has half of the roles.
    const valid = take(w.vms * 2);
    const limit = rules.mirrorRoots ? rules.validRootsMax / 2 : rules.validRootsMax;
    const gone: Handler = (w, e, i) => {
      const at = w.page(e.c[i]);
      const role = w.s[at + PAGE.ROLE];
      if (w.s[at + PAGE.LISTED] === 1 && !role_is_invalid(role))
        valid[w.s[at + PAGE.VM] * 2 + (role_is_mirror(role) ? 1 : 0)]--;
    };
    const listed: Handler = (w, e, i) => {
      const role = w.pageWord(e.c[i], PAGE.ROLE);
      if (role_is_invalid(role)) return;
      const n = ++valid[e.a[i] * 2 + (role_is_mirror(role) ? 1 : 0)];
      probe.checks++;
      if (n > limit) probe.report(w, e, i, 1, n, e.c[i]);
    };
    return { before: { RootInvalidated: gone, RootUnlinked: gone }, after: { RootListed: listed } };
  },
};
