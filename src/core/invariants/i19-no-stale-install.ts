// I19. No event carries the sequence number that a fault has seen; what the rule protects can be seen: the pfn is still what
// backs the page, and no invalidation that covers it is in progress.
import { HOST_PAGE_KIND, host_page_kind } from '../aggregates/host-memory.js';
import { PAGE, SLOT, VM } from '../aggregates/layout.js';
import { role_as_id } from '../aggregates/role.js';
import { is_leaf_spte, spte_to_pfn } from '../aggregates/spte.js';
import { pfnIsCurrent } from './host-pages.js';
import type { Handler, Invariant } from './invariant.js';
import { gfnOfEntry, mmuLockMode } from './world-walks.js';

export const i19NoStaleInstall: Invariant = {
  number: 19,
  name: 'NO_STALE_INSTALL',
  kind: 'transition',
  statement:
    'A leaf is installed only under mmu_lock, with a pfn that still backs its page, and while no invalidation that ' +
    'covers it is in progress.',
  eras: 'abcdefgh',
  exercise: 'installed a leaf entry',
  details: [
    '',
    'a leaf was installed for a pfn that no longer backs its page',
    'a leaf was installed inside a range that is being invalidated',
    'a leaf was installed without mmu_lock',
    'the zero page was installed for a page that is backed by something else',
  ],
  seen: 'the entry',
  create(_w, rules, probe, facts) {
    const check: Handler = (w, e, i) => {
      const spte = e.c[i];
      if (!is_leaf_spte(spte)) return;
      const pfn = spte_to_pfn(spte);
      if (is_leaf_spte(e.b[i]) && spte_to_pfn(e.b[i]) === pfn) return;
      const table = e.subject[i] >> 4;
      const root = facts.rootOf(w, table);
      if (root < 0) return;
      probe.checks++;
      if (mmuLockMode(w, e.thread[i]) === 0) probe.report(w, e, i, 3, spte, root);
      if (!pfnIsCurrent(w, pfn)) probe.report(w, e, i, 1, spte, root);
      const vm = w.pageWord(root, PAGE.VM);
      const inProgress = w.vmWord(vm, VM.IN_PROGRESS) > 0;
      if (pfn !== 0 && !inProgress) return;
      const gfn = gfnOfEntry(w, table, e.a[i]);
      const slot = w.findSlot(vm, role_as_id(w.pageWord(root, PAGE.ROLE)), gfn);
      if (slot < 0) return;
      const page = w.slotWord(slot, SLOT.HVA_PAGE) + gfn - w.slotWord(slot, SLOT.BASE_GFN);
      if (inProgress) {
        const place = rules.notifierRange === 'hva' ? page : gfn;
        const inside = place >= w.vmWord(vm, VM.RANGE_START) && place < w.vmWord(vm, VM.RANGE_END);
        if (inside) probe.report(w, e, i, 2, spte, root);
      }
      if (pfn === 0 && host_page_kind(w.s[w.hostPage(page)]) !== HOST_PAGE_KIND.zero) {
        probe.report(w, e, i, 4, spte, root);
      }
    };
    return { before: { SpteChanged: check } };
  },
};
