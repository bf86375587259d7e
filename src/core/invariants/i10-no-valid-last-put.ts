// I10.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i10NoValidLastPut: Invariant = {
  number: 10,
  name: 'NO_VALID_LAST_PUT',
  kind: 'transition',
  statement: 'The put that takes the count of a root to 0 finds the root invalid.',
  eras: 'defgh',
  exercise: 'put the last reference of a root',
  details: ['', 'the last reference of a valid root was put'],
  seen: 'the role word',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      if (e.b[i] !== 0) return;
      const role = w.pageWord(e.c[i], PAGE.ROLE);
      probe.checks++;
      if (!role_is_invalid(role)) probe.report(w, e, i, 1, role, e.c[i]);
    };
    return { after: { RootPut: check } };
  },
};
