// Litmus of the real machine, as the explorer takes them: the scenario's data, the protocol's procedures, the model of both.

import { BadInput } from '../../base/errors.js';
import { findProtocol } from '../../protocols/registry.js';
import { MACHINE_LITMUS } from '../../scenarios/litmus/index.js';
import type { Litmus as MachineLitmus } from '../../scenarios/litmus/litmus.js';
import { MachineModel } from '../machine-model/machine-model.js';
import type { Litmus } from './litmus.js';

/** One of the real machine. A user's own is made from its data in the same way. */
export function machineLitmus(litmus: MachineLitmus): Litmus {
  return {
    name: litmus.id,
    summary: litmus.title,
    protocols: null,
    parameters: Object.fromEntries(
      Object.entries(litmus.parameters).map(([name, p]) => [
        name,
        { default: p.default, min: p.min, max: p.max, what: p.doc },
      ]),
    ),
    build({ protocol: id, parameters, reductions }) {
      const protocol = findProtocol(id);
      const without = litmus.notFor?.({ id, era: protocol.rules.era }) ?? null;
      if (without !== null)
        throw new BadInput('litmus-protocol', `${litmus.id} is not for ${id}: ${without}`);
      return new MachineModel({ protocol, litmus: litmus.build(parameters), reductions });
    },
  };
}

export const MACHINES: readonly Litmus[] = MACHINE_LITMUS.map(machineLitmus);
