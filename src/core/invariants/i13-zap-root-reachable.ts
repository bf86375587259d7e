// I13.
import { PAGE } from '../aggregates/layout.js';
import type { Handler, Invariant } from './invariant.js';

export const i13ZapRootReachable: Invariant = {
  number: 13,
  name: 'ZAP_ROOT_REACHABLE',
  kind: 'transition',
  statement:
    'A root is zapped only while it is listed and counted, so that unmapping threads find it during a yield.',
  eras: 'cdefgh',
  exercise: 'zapped a root',
  details: [
    '',
    'the root that is zapped counts 0',
    'the root that is zapped is not listed',
    'a root was unlinked while it is zapped',
  ],
  seen: 'the count',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      const at = w.page(e.c[i]);
      probe.checks++;
      const refcount = w.s[at + PAGE.REFCOUNT];
      if (refcount < 1) probe.report(w, e, i, 1, refcount, e.c[i]);
      else if (w.s[at + PAGE.LISTED] === 0) probe.report(w, e, i, 2, refcount, e.c[i]);
    };
    const unlinked: Handler = (w, e, i) => {
      const at = w.page(e.c[i]);
      if (w.s[at + PAGE.ZAPPING] > 0) probe.report(w, e, i, 3, w.s[at + PAGE.REFCOUNT], e.c[i]);
    };
    return {
      after: { RootZapStarted: check, RootZapYielded: check, RootZapFinished: check, RootUnlinked: unlinked },
    };
  },
};
