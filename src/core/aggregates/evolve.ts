// evolve: the only writer of the world. A table from event code to handler: no branch chain on the hot path.
import { CATALOGUE, type EventName } from '../events/catalogue.js';
import type { Evolver } from './evolver.js';
import { lockEvolvers } from './locks.evolve.js';
import { tdpMmuEvolvers } from './tdp-mmu.evolve.js';
import { vcpuEvolvers } from './vcpu.evolve.js';
import { vmEvolvers } from './vm.evolve.js';
import type { World } from './world.js';

const byName: { readonly [N in EventName]: Evolver } = {
  ...tdpMmuEvolvers,
  ...lockEvolvers,
  ...vcpuEvolvers,
  ...vmEvolvers,
};

const byCode: Evolver[] = Array.from({ length: 256 }, (_, code): Evolver => {
  return () => {
    throw new RangeError(`evolve: unknown event type ${code}`);
  };
});
for (const d of CATALOGUE) byCode[d.code] = byName[d.name];

export const EVOLVE: readonly Evolver[] = byCode;

/** Applies one event. `subject` is number * 16 + kind. */
export function evolve(
  w: World,
  type: number,
  thread: number,
  subject: number,
  a: number,
  b: number,
  c: number,
): void {
  byCode[type](w, thread, subject >> 4, a, b, c);
}
