// All litmus, by id.
import { BadInput } from '../../base/errors.js';
import { BUG_LITMUS } from './bugs.js';
import { litmusCombined } from './combined.js';
import { GUEST_LITMUS } from './guests.js';
import type { Litmus } from './litmus.js';
import { NESTED_LITMUS } from './nested.js';
import { PAIRS } from './pairs.js';
import { litmusReference, litmusReferenceNoDestroy } from './reference.js';
import { RULE_LITMUS } from './rules.js';

export const MACHINE_LITMUS: readonly Litmus[] = [
  litmusReference,
  litmusReferenceNoDestroy,
  litmusCombined,
  ...PAIRS,
  ...BUG_LITMUS,
  ...GUEST_LITMUS,
  ...NESTED_LITMUS,
  ...RULE_LITMUS,
];

export function findMachineLitmus(id: string): Litmus {
  const found = MACHINE_LITMUS.find((x) => x.id === id);
  if (found === undefined) {
    const known = MACHINE_LITMUS.map((x) => x.id);
    throw new BadInput(
      'unknown-litmus',
      `unknown litmus "${id}"; expected one of: ${known.join(', ')}`,
      known,
    );
  }
  return found;
}
