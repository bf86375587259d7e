// Every litmus by name. A new one is appended to LITMUS. Importing this loads the models of all of them; what wants one
// by name before it knows whether it needs the real machine asks src/explorations/find-litmus.ts.
import { BadInput } from '../../base/errors.js';
import { REFERENCE_COARSE } from '../coarse/reference-coarse.js';
import type { Litmus } from './litmus.js';
import { MACHINES } from './machine-litmus.js';

export const LITMUS: readonly Litmus[] = [REFERENCE_COARSE, ...MACHINES];

export function findLitmus(name: string): Litmus {
  const litmus = LITMUS.find((one) => one.name === name);
  if (litmus !== undefined) return litmus;
  const names = LITMUS.map((one) => one.name);
  throw new BadInput('unknown-litmus', `no litmus "${name}"; there are ${names.join(', ')}`, names);
}
