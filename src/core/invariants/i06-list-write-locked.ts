// I6.

import type { Handler, Invariant } from './invariant.js';
import { holdsPagesLock } from './world-walks.js';

export const i06ListWriteLocked: Invariant = {
  number: 6,
  name: 'LIST_WRITE_LOCKED',
  kind: 'transition',
  statement: 'Roots enter and leave tdp_mmu_roots under tdp_mmu_pages_lock.',
  eras: 'bcdefgh',
  exercise: 'listed or unlinked a root',
  details: ['', 'the list of roots was changed without tdp_mmu_pages_lock'],
  seen: 'the VM',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      probe.checks++;
      if (!holdsPagesLock(w, e.thread[i], e.a[i])) probe.report(w, e, i, 1, e.a[i], e.c[i]);
    };
    return { after: { RootListed: check, RootUnlinked: check } };
  },
};
