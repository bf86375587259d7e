// Litmus of the real machine, as the explorer takes them: the scenario's data, the protocol's procedures, the model of both.

import { BadInput } from '../../base/errors.js';
import type { Protocol } from '../../protocols/protocol.js';
import { findProtocol } from '../../protocols/registry.js';
import { splitRelaxed } from '../../protocols/relax/rules.js';
import { MACHINE_LITMUS } from '../../scenarios/litmus/index.js';
import type { Litmus as MachineLitmus } from '../../scenarios/litmus/litmus.js';
import { MachineModel } from '../machine-model/machine-model.js';
import type { Litmus } from './litmus.js';

/**
 * One of the real machine. A user's own is made from its data in the same way.
 * @param own searched instead of a shipped protocol
 * @param asking what is not asked about, besides what the litmus says; whether reductions may rest on rules (MachineModelOptions)
 */
export function machineLitmus(
  litmus: MachineLitmus,
  own: Protocol | null = null,
  asking: { readonly ignores?: readonly string[]; readonly byRules?: boolean } = {},
): Litmus {
  const { ignores = [], ...trust } = asking;
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
      const protocol = own ?? findProtocol(id);
      // What a user's protocol extends says which litmus it takes.
      const extended = protocol.file === undefined ? id : (protocol.base ?? id);
      const shipped = splitRelaxed(extended)?.protocol ?? extended;
      const without = litmus.notFor?.({ id: own?.base ?? shipped, era: protocol.rules.era }) ?? null;
      if (without !== null)
        throw new BadInput('litmus-protocol', `${litmus.id} is not for ${id}: ${without}`);
      const built = litmus.build(parameters);
      const asked = { ...built, ignores: [...(built.ignores ?? []), ...ignores] };
      return new MachineModel({ protocol, litmus: asked, reductions, ...trust });
    },
  };
}

export const MACHINES: readonly Litmus[] = MACHINE_LITMUS.map((litmus) => machineLitmus(litmus));
