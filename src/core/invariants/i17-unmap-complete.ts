// I17. "The notifier has returned" shows at the moment that matters: the page's backing changes, and nothing may map the old
// one any more. A mapping that is removed later still writes accessed and dirty state to a page that is gone.
import { PAGE } from '../aggregates/layout.js';
import { role_as_id, role_is_invalid, role_is_mirror } from '../aggregates/role.js';
import { is_leaf_spte, spte_to_pfn } from '../aggregates/spte.js';
import { asIdOf, changeOf, gfnOf, nextSlotOf, outlives, pfnIsCurrent, vmOf } from './host-pages.js';
import type { Handler, Invariant } from './invariant.js';
import { firstRoot, leafFor, nextRoot } from './world-walks.js';

const isValidMirror = (role: number): boolean => role_is_mirror(role) && !role_is_invalid(role);

export const i17UnmapComplete: Invariant = {
  number: 17,
  name: 'UNMAP_COMPLETE',
  kind: 'transition',
  statement:
    'When the host changes what backs a page, or its memory is released, no entry of any root, valid or not, maps it, ' +
    'and nobody writes accessed or dirty state back to the old page later.',
  eras: 'abcdefgh',
  exercise: 'changed the backing of a host page, or released the memory',
  details: [
    '',
    'the backing of a page changed while a root still maps it',
    'a page became read-only or shared while a root maps it writable',
    'an entry was removed, and state written back, after its page had changed',
    'kvm_mmu_zap_all returned with present entries left',
  ],
  seen: 'the entry, or the number of present entries',
  create(_w, _rules, probe) {
    const changed: Handler = (w, e, i) => {
      const change = changeOf(e.a[i], e.b[i]);
      if (change === 0) return;
      probe.checks++;
      const page = e.subject[i] >> 4;
      for (let slot = nextSlotOf(w, page, -1); slot >= 0; slot = nextSlotOf(w, page, slot)) {
        const gfn = gfnOf(w, slot, page);
        const asId = asIdOf(w, slot);
        for (let r = firstRoot(w, vmOf(w, slot)); r >= 0; r = nextRoot(w, r)) {
          if (role_as_id(w.pageWord(r, PAGE.ROLE)) !== asId) continue;
          const spte = leafFor(w, r, gfn);
          if (spte !== 0 && outlives(change, spte)) probe.report(w, e, i, change === 2 ? 1 : 2, spte, r);
        }
      }
    };
    const removed: Handler = (w, e, i) => {
      const before = e.b[i];
      if (!is_leaf_spte(before) || is_leaf_spte(e.c[i])) return;
      if (!pfnIsCurrent(w, spte_to_pfn(before))) probe.report(w, e, i, 3, before, -1);
    };
    const released: Handler = (w, e, i) => {
      probe.checks++;
      for (let r = firstRoot(w, e.subject[i] >> 4); r >= 0; r = nextRoot(w, r)) {
        const present = w.pageWord(r, PAGE.PRESENT);
        // What a valid mirror root maps is not the process's memory.
        if (present !== 0 && !isValidMirror(w.pageWord(r, PAGE.ROLE))) probe.report(w, e, i, 4, present, r);
      }
    };
    return { before: { HostPageChanged: changed, SpteChanged: removed }, after: { ZapAllEnded: released } };
  },
};
