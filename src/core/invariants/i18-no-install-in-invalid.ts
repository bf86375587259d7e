// I18.
import { PAGE } from '../aggregates/layout.js';
import { role_is_direct, role_is_invalid } from '../aggregates/role.js';
import { is_shadow_present_pte } from '../aggregates/spte.js';
import type { Handler, Invariant } from './invariant.js';

export const i18NoInstallInInvalid: Invariant = {
  number: 18,
  name: 'NO_INSTALL_IN_INVALID',
  kind: 'transition',
  statement: 'Nobody makes an entry present in a root of the TDP MMU that is invalid at that moment.',
  eras: 'bcdefgh',
  exercise: 'installed an entry',
  details: ['', 'an entry became present in an invalid root'],
  seen: 'the entry',
  create(_w, _rules, probe, facts) {
    const check: Handler = (w, e, i) => {
      if (!is_shadow_present_pte(e.c[i]) || is_shadow_present_pte(e.b[i])) return;
      const root = facts.rootOf(w, e.subject[i] >> 4);
      // Of a shadow root: I39.
      if (root < 0 || !role_is_direct(w.pageWord(root, PAGE.ROLE))) return;
      probe.checks++;
      if (role_is_invalid(w.pageWord(root, PAGE.ROLE))) probe.report(w, e, i, 1, e.c[i], root);
    };
    return { after: { SpteChanged: check } };
  },
};
