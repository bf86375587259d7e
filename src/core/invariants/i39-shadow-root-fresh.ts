// I39.
import type { Invariant } from './invariant.js';

export const i39ShadowRootFresh: Invariant = {
  number: 39,
  name: 'SHADOW_ROOT_FRESH',
  kind: 'transition',
  statement:
    'A fault of the shadow MMU does not map into a root that page reclaim zapped in the same section of mmu_lock.',
  eras: 'h',
  exercise: 'reclaimed shadow pages',
  details: [''],
  seen: '',
  notEvaluated: 'the shadow MMU is not modelled',
  create: () => ({}),
};
