// I33. RootZapScheduled raises the flag in these eras, RootZapTaken clears it. The flag goes up just before the role: whoever
// sees the root invalid finds it owing a zap.
import { PAGE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

const RAISED = 1;
const TAKEN = 2;

export const i33FlagOnce: Invariant = {
  number: 33,
  name: 'FLAG_ONCE',
  kind: 'transition',
  statement:
    'The flag that a root is scheduled to be zapped goes up once, with the invalidation, and down once, in a zap that ' +
    'finds the root invalid.',
  eras: 'fgh',
  exercise: 'flagged a root for zapping',
  details: [
    '',
    'the flag was raised a second time',
    'the flag was taken without being up',
    'the flag of a valid root was taken',
  ],
  seen: 'the role word',
  create(w, _rules, probe, _facts, take) {
    const state = take(w.layout.topology.pages);
    const raised: Handler = (w, e, i) => {
      const page = e.c[i];
      const role = w.pageWord(page, PAGE.ROLE);
      probe.checks++;
      if (state[page] !== 0) probe.report(w, e, i, 1, role, page);
      state[page] = RAISED;
    };
    const taken: Handler = (w, e, i) => {
      const page = e.c[i];
      const role = w.pageWord(page, PAGE.ROLE);
      if (state[page] !== RAISED) probe.report(w, e, i, 2, role, page);
      else if (!role_is_invalid(role)) probe.report(w, e, i, 3, role, page);
      state[page] = TAKEN;
    };
    return {
      after: {
        RootFreed: (_w, e, i) => {
          state[e.c[i]] = 0;
        },
        RootZapScheduled: raised,
        RootZapTaken: taken,
      },
    };
  },
};
