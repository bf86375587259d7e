// I8.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid, role_made_invalid } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i08InvalidMonotone: Invariant = {
  number: 8,
  name: 'INVALID_MONOTONE',
  kind: 'transition',
  statement: 'role.invalid changes only from 0 to 1, and nothing else of the role word ever changes.',
  eras: 'bcdefgh',
  exercise: 'invalidated a root',
  details: [
    '',
    'an invalid root became valid',
    'another part of the role word changed',
    'a root was born invalid',
  ],
  seen: 'the role word after the event',
  create(_w, _rules, probe) {
    const invalidated: Handler = (w, e, i) => {
      const before = w.pageWord(e.c[i], PAGE.ROLE);
      probe.checks++;
      if (!role_is_invalid(e.a[i])) probe.report(w, e, i, 1, e.a[i], e.c[i]);
      else if (role_made_invalid(e.a[i]) !== role_made_invalid(before))
        probe.report(w, e, i, 2, e.a[i], e.c[i]);
    };
    const born: Handler = (w, e, i) => {
      if (role_is_invalid(e.a[i])) probe.report(w, e, i, 3, e.a[i], e.c[i]);
    };
    return { before: { RootInvalidated: invalidated }, after: { RootAllocated: born } };
  },
};
