// I39. The kernel has the rule from 7.2 on; before, it is what is broken (B18).
import { PAGE } from '../aggregates/layout.js';
import { role_is_direct, role_is_invalid } from '../aggregates/role.js';
import { is_shadow_present_pte } from '../aggregates/spte.js';
import type { Handler, Invariant } from './invariant.js';

export const i39ShadowRootFresh: Invariant = {
  number: 39,
  name: 'SHADOW_ROOT_FRESH',
  kind: 'transition',
  statement:
    'A fault of the shadow MMU does not map into a root that page reclaim zapped in the same section of mmu_lock.',
  eras: 'abcdefgh',
  exercise: 'faulted in a shadow root',
  details: ['', 'an entry became present in a shadow root that the same section had zapped'],
  seen: 'the entry',
  create(w, _rules, probe, facts, take) {
    /** By thread: 1 when it has zapped a shadow root since it took mmu_lock. */
    const zapped = take(w.threads);
    const invalidated: Handler = (w, e, i) => {
      if (!role_is_direct(w.pageWord(e.c[i], PAGE.ROLE))) zapped[e.thread[i]] = 1;
    };
    const installed: Handler = (w, e, i) => {
      if (!is_shadow_present_pte(e.c[i]) || is_shadow_present_pte(e.b[i])) return;
      const root = facts.rootOf(w, e.subject[i] >> 4);
      if (root < 0) return;
      const role = w.pageWord(root, PAGE.ROLE);
      if (role_is_direct(role)) return;
      probe.checks++;
      if (zapped[e.thread[i]] === 1 && role_is_invalid(role)) probe.report(w, e, i, 1, e.c[i], root);
    };
    return {
      after: {
        RootInvalidated: invalidated,
        SpteChanged: installed,
        LockReleased: (_w, e, i) => {
          zapped[e.thread[i]] = 0;
        },
      },
    };
  },
};
