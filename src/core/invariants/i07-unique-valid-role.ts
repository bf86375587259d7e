// I7. A role word changes only by becoming invalid, so it is enough to look when a root is listed.
import { PAGE } from '../aggregates/layout.js';
import type { Handler, Invariant } from './invariant.js';
import { firstRoot, nextRoot } from './world-walks.js';

export const i07UniqueValidRole: Invariant = {
  number: 7,
  name: 'UNIQUE_VALID_ROLE',
  kind: 'state',
  statement: 'A VM has at most one valid root for each role word.',
  eras: 'abcdefgh',
  exercise: 'listed a root',
  details: ['', 'another valid root of the VM has the same role word'],
  seen: 'the role word',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      const page = e.c[i];
      const role = w.pageWord(page, PAGE.ROLE);
      probe.checks++;
      for (let r = firstRoot(w, e.a[i]); r >= 0; r = nextRoot(w, r)) {
        if (r !== page && w.pageWord(r, PAGE.ROLE) === role) {
          probe.report(w, e, i, 1, role, page);
          return;
        }
      }
    };
    return { after: { RootListed: check } };
  },
};
