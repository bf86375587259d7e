// I25.
import { is_leaf_spte, spte_to_pfn } from '../aggregates/spte.js';
import type { Handler, Invariant } from './invariant.js';

export const i25NoLeafPfnSwap: Invariant = {
  number: 25,
  name: 'NO_LEAF_PFN_SWAP',
  kind: 'transition',
  statement: 'A present leaf is never replaced by a present leaf with another pfn.',
  eras: 'abcdefgh',
  exercise: 'changed a present leaf',
  details: ['', 'a leaf was replaced by a leaf with another pfn'],
  seen: 'the entry after the event',
  create(_w, _rules, probe) {
    const check: Handler = (w, e, i) => {
      if (!is_leaf_spte(e.b[i])) return;
      probe.checks++;
      if (is_leaf_spte(e.c[i]) && spte_to_pfn(e.b[i]) !== spte_to_pfn(e.c[i]))
        probe.report(w, e, i, 1, e.c[i], -1);
    };
    return { before: { SpteChanged: check } };
  },
};
