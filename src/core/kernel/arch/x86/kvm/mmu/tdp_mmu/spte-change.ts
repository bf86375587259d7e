// What a change of one SPTE entails (the conditions of handle_changed_spte). Pure helpers over words.
import {
  is_leaf_spte,
  is_nonleaf_spte,
  is_shadow_present_pte,
  spte_to_child,
  spte_to_pfn,
} from '../../../../../../aggregates/spte.js';

/** The kernel's value for "somebody else changed the SPTE". */
export const EBUSY = -16;

/** A present non-leaf became non-present, a leaf, or another table: the table below it is disconnected. */
export function disconnects_table(before: number, after: number): boolean {
  if (!is_nonleaf_spte(before)) return false;
  return !is_nonleaf_spte(after) || spte_to_child(after) !== spte_to_child(before);
}

/** A present leaf replaced by a present leaf with another pfn: never legal. */
export function swaps_leaf_pfn(before: number, after: number): boolean {
  return is_leaf_spte(before) && is_leaf_spte(after) && spte_to_pfn(before) !== spte_to_pfn(after);
}

/** False where handle_changed_spte() would have nothing to do, so that its frame can be saved. */
export function needs_handling(before: number, after: number): boolean {
  return is_shadow_present_pte(before) && (disconnects_table(before, after) || swaps_leaf_pfn(before, after));
}
