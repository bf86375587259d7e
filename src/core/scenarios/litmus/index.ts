// All litmus, by id.
import { BadInput } from '../../base/errors.js';
import type { Litmus } from './litmus.js';
import { litmusReference, litmusReferenceNoDestroy } from './reference.js';

export const LITMUS: readonly Litmus[] = [litmusReference, litmusReferenceNoDestroy];

export function findLitmus(id: string): Litmus {
  const found = LITMUS.find((x) => x.id === id);
  if (found === undefined) {
    const known = LITMUS.map((x) => x.id);
    throw new BadInput('unknown-litmus', `unknown litmus "${id}"; expected one of: ${known.join(', ')}`, known);
  }
  return found;
}
