// Litmus of the real machine, as the explorer takes them: the scenario's data, the protocol's procedures, the model of both.

import { BadInput, ProtocolFault } from '../../base/errors.js';
import type { Protocol } from '../../protocols/protocol.js';
import { findProtocol } from '../../protocols/registry.js';
import { splitRelaxed } from '../../protocols/relax/rules.js';
import { MACHINE_LITMUS } from '../../scenarios/litmus/index.js';
import type { Litmus as MachineLitmus } from '../../scenarios/litmus/litmus.js';
import { type OwnLitmus, ownLitmus } from '../../scenarios/litmus/text/own-litmus.js';
import { MachineModel } from '../machine-model/machine-model.js';
import type { Litmus } from './litmus.js';

/**
 * One of the real machine. A user's own is made from its data in the same way.
 * @param own searched instead of a shipped protocol
 * @param asking what is not asked about, besides what the litmus says; whether reductions may rest on rules (MachineModelOptions)
 */
export function machineLitmus(
  litmus: MachineLitmus | OwnLitmus,
  own: Protocol | null = null,
  asking: { readonly ignores?: readonly string[]; readonly byRules?: boolean } = {},
): Litmus {
  const { ignores = [], ...trust } = asking;
  return {
    name: litmus.id,
    summary: litmus.title,
    protocols: null,
    ...('source' in litmus
      ? {
          userLitmus: litmus.source,
          withText: (text: string) => machineLitmus(ownLitmus(text), own, asking),
        }
      : {}),
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
      const make = (): MachineModel => new MachineModel({ protocol, litmus: asked, reductions, ...trust });
      return 'source' in litmus ? madeOfText(litmus.id, make) : make();
    },
  };
}

/** Of a user's own: what the machine refuses in the preparation is the text's doing. A fault of a user's protocol stays that. */
function madeOfText(id: string, make: () => MachineModel): MachineModel {
  try {
    return make();
  } catch (error) {
    if (error instanceof BadInput || error instanceof ProtocolFault) throw error;
    throw new BadInput(
      'litmus-preparation',
      `${id}: the machine does not take what is prepared: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export const MACHINES: readonly Litmus[] = MACHINE_LITMUS.map((litmus) => machineLitmus(litmus));
