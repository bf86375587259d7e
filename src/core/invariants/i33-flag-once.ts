// I33.
import type { Invariant } from './invariant.js';

export const i33FlagOnce: Invariant = {
  number: 33,
  name: 'FLAG_ONCE',
  kind: 'transition',
  statement:
    'The flag that a root is scheduled to be zapped goes up once, with the invalidation, and down once, in a zap that ' +
    'finds the root invalid.',
  eras: 'fgh',
  exercise: 'flagged a root for zapping',
  details: [''],
  seen: '',
  notEvaluated: 'no event tells yet when the flag is cleared',
  create: () => ({}),
};
