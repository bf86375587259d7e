// I14.
import { PAGE } from '../aggregates/layout.js';
import { role_is_direct } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i14ZapBeforeFree: Invariant = {
  number: 14,
  name: 'ZAP_BEFORE_FREE',
  kind: 'transition',
  statement: 'When a root is unlinked to be freed, its table has no present entry.',
  eras: 'cdefgh',
  exercise: 'unlinked a root',
  details: ['', 'a root was unlinked with present entries', 'a root was freed with present entries'],
  seen: 'present entries of the root table',
  create(_w, _rules, probe) {
    const unlinked: Handler = (w, e, i) => {
      const present = w.pageWord(e.c[i], PAGE.PRESENT);
      probe.checks++;
      if (present !== 0) probe.report(w, e, i, 1, present, e.c[i]);
    };
    const freed: Handler = (w, e, i) => {
      // A shadow root is emptied when it is zapped; what comes into it later is I39's.
      if (e.b[i] !== 0 && role_is_direct(e.a[i])) probe.report(w, e, i, 2, e.b[i], -1);
    };
    return { before: { RootUnlinked: unlinked, RootFreed: freed } };
  },
};
