// I20.
import { PAGE, PAGE_KIND } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';

export const i20EntryRootFresh: Invariant = {
  number: 20,
  name: 'ENTRY_ROOT_FRESH',
  kind: 'transition',
  statement: 'A vCPU never completes the entry gate with an invalid root.',
  eras: 'bcdefgh',
  exercise: 'entered a guest',
  details: [
    '',
    'a vCPU entered the guest with an invalid root',
    'a vCPU entered the guest with a page that is no root',
  ],
  seen: 'the role word',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      probe.checks++;
      if (role_is_invalid(e.a[i])) probe.report(w, e, i, 1, e.a[i], e.c[i]);
      else if (w.pageWord(e.c[i], PAGE.KIND) !== PAGE_KIND.root) probe.report(w, e, i, 2, e.a[i], -1);
    };
    return { before: { VcpuEntered: check } };
  },
};
