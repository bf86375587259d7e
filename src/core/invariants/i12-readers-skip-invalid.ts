// I12. From v6.6 on one reader takes invalid roots by design: the walk that zaps them, in kvm_mmu_zap_all_fast and when the VM
// is destroyed.
import { PAGE, VM, VM_STATE } from '../aggregates/layout.js';
import { role_is_invalid } from '../aggregates/role.js';
import { LOCK_MODE } from '../events/lock.events.js';
import type { Handler, Invariant } from './invariant.js';
import { mmuLockMode } from './world-walks.js';

export const i12ReadersSkipInvalid: Invariant = {
  number: 12,
  name: 'READERS_SKIP_INVALID',
  kind: 'transition',
  statement:
    'A thread that holds mmu_lock for read only never takes a reference to an invalid root (from v6.6 on: but to zap it, in a ' +
    'fast zap or at the end of the VM).',
  eras: 'cdefgh',
  exercise: 'taken a reference under mmu_lock held for read',
  details: ['', 'a reader took a reference to an invalid root'],
  seen: 'the role word',
  create(w, rules, probe, _facts, take) {
    const exempts = rules.era >= 'f';
    /** By thread: it is inside kvm_mmu_zap_all_fast. */
    const zapsFast = exempts ? take(w.threads) : null;
    const check: Handler = (w, e, i) => {
      if (mmuLockMode(w, e.thread[i]) !== LOCK_MODE.read) return;
      const at = w.page(e.c[i]);
      const role = w.s[at + PAGE.ROLE];
      probe.checks++;
      if (!role_is_invalid(role)) return;
      if (zapsFast !== null) {
        if (zapsFast[e.thread[i]] !== 0 || w.vmWord(w.s[at + PAGE.VM], VM.STATE) !== VM_STATE.live) return;
      }
      probe.report(w, e, i, 1, role, e.c[i]);
    };
    if (zapsFast === null) return { before: { RootGot: check } };
    const zaps =
      (inside: 0 | 1): Handler =>
      (_w, e, i) => {
        zapsFast[e.thread[i]] = inside;
      };
    return { before: { RootGot: check }, after: { FastZapBegun: zaps(1), FastZapEnded: zaps(0) } };
  },
};
