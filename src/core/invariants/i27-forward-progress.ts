// I27.
import type { Invariant } from './invariant.js';

export const i27ForwardProgress: Invariant = {
  number: 27,
  name: 'FORWARD_PROGRESS',
  kind: 'transition',
  statement: 'Between two yields of one walk it has moved on by at least one entry.',
  eras: 'bcdefgh',
  exercise: 'yielded twice in a walk',
  details: [''],
  seen: '',
  notEvaluated: 'no event tells the gfn at which a walk stands when it yields',
  create: () => ({}),
};
