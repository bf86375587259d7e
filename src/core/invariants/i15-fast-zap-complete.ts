// I15. Births are numbered, so "listed when the roots were invalidated" is "born before the generation was toggled".
import { MACHINE, PAGE } from '../aggregates/layout.js';
import { role_is_mirror } from '../aggregates/role.js';
import type { Handler, Invariant } from './invariant.js';
import { firstRoot, nextRoot } from './world-walks.js';

export const i15FastZapComplete: Invariant = {
  number: 15,
  name: 'FAST_ZAP_COMPLETE',
  kind: 'transition',
  statement:
    'When kvm_mmu_zap_all_fast returns, no root that was listed when it invalidated the roots has a present entry (mirror roots are not its business).',
  eras: 'bcdefgh',
  exercise: 'completed a kvm_mmu_zap_all_fast',
  details: ['', 'a root from before the fast zap still has present entries'],
  seen: 'present entries of the root table',
  create(w, _rules, probe, _facts, take) {
    /** By VM: number of the first root that is too young to be meant. */
    const limit = take(w.vms);
    const mark: Handler = (w, e, i) => {
      limit[e.subject[i] >> 4] = w.machineWord(MACHINE.NEXT_ROOT);
    };
    const check: Handler = (w, e, i) => {
      const vm = e.subject[i] >> 4;
      probe.checks++;
      for (let r = firstRoot(w, vm); r >= 0; r = nextRoot(w, r)) {
        if (w.pageWord(r, PAGE.SERIAL) >= limit[vm] || role_is_mirror(w.pageWord(r, PAGE.ROLE))) continue;
        const present = w.pageWord(r, PAGE.PRESENT);
        if (present !== 0) probe.report(w, e, i, 1, present, r);
      }
    };
    return { after: { FastZapBegun: mark, ValidGenToggled: mark, FastZapEnded: check } };
  },
};
