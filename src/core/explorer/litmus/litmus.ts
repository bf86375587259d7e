// What a litmus is to the explorer: a name, what it can be built from, and a model. Small enough to search exhaustively.
import { BadInput } from '../../base/errors.js';
import type { LitmusText } from '../../scenarios/litmus/text/own-litmus.js';
import type { Model, ModelSpec, Reductions } from '../model.js';

export interface LitmusParameter {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly what: string;
}

export interface Litmus {
  readonly name: string;
  /** One line: who does what at the same time. */
  readonly summary: string;
  /** Protocols that it takes; null: every one that this build knows. */
  readonly protocols: readonly string[] | null;
  readonly parameters: { readonly [name: string]: LitmusParameter };
  /** Where it is a user's own: its text goes with every search and every session of it. */
  readonly userLitmus?: LitmusText;
  /** The same with another text, where it is a user's own. Throws BadInput for a text that is no litmus. */
  readonly withText?: (text: string) => Litmus;
  /** Throws BadInput for a protocol that it does not take. */
  readonly build: (spec: ModelSpec) => Model;
}

export interface SpecRequest {
  readonly protocol: string;
  readonly parameters: { readonly [name: string]: number };
  readonly reductions: Reductions;
}

/** The spec of a model, defaults filled in. Throws BadInput for what the litmus does not take. */
export function modelSpec(litmus: Litmus, { protocol, parameters, reductions }: SpecRequest): ModelSpec {
  const { protocols } = litmus;
  if (protocols !== null && !protocols.includes(protocol)) {
    const text = `${litmus.name} takes the protocols ${protocols.join(', ')}; got "${protocol}"`;
    throw new BadInput('litmus-protocol', text, protocols);
  }
  const known = Object.keys(litmus.parameters);
  for (const name of Object.keys(parameters)) {
    if (known.includes(name)) continue;
    const takes = known.length === 0 ? 'no parameters' : `the parameters ${known.join(', ')}`;
    throw new BadInput('litmus-parameter', `${litmus.name} takes ${takes}; got "${name}"`, known);
  }
  const values = known.map((name) => {
    const { default: usual, min, max } = litmus.parameters[name];
    const value = parameters[name] ?? usual;
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new BadInput('litmus-parameter', `${name} is a whole number from ${min} to ${max}; got ${value}`);
    }
    return [name, value] as const;
  });
  const spec = { litmus: litmus.name, protocol, parameters: Object.fromEntries(values), reductions };
  return litmus.userLitmus === undefined ? spec : { ...spec, userLitmus: litmus.userLitmus };
}
