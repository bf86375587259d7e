// Which litmus a rule is looked for in, and how: under the protocol without the rule, or under the protocol as it is with an eye
// on which of its steps are taken at all. What the protocol breaks as it is, and what only restates the rule, is not asked.

import { BadInput } from '../../base/errors.js';
import type { Protocol } from '../../protocols/protocol.js';
import type { RelaxRule } from '../../protocols/relax/rule.js';
import { MACHINE_LITMUS } from '../../scenarios/litmus/index.js';
import type { Litmus as MachineLitmus } from '../../scenarios/litmus/litmus.js';
import { type LitmusText, litmusOf } from '../../scenarios/litmus/text/own-litmus.js';
import type { Litmus } from '../litmus/litmus.js';
import { machineLitmus } from '../litmus/machine-litmus.js';

/** Small enough for a search a rule, none with injected faults: others are searched for rules that name them, or by name. */
// biome-ignore format: one line a group
const SMALL: readonly string[] = [
  'v-v', 'v-m', 'v-n', 'm-n', 'm-r', 'v-v-n', 'v-k', 'v-d', 'm-k-d', 'create-failure',
  'b2', 'b6', 'b19', 'b24', 'b27', 'b28', 'b8-naive', 'b14', 'b16', 'b4', 'f-m', 'n-y',
];

/** Names of the litmus in which a rule is looked for where nothing is said: those that are likely to show it first. */
export function litmusFor({ shownIn }: RelaxRule): readonly string[] {
  return [...shownIn, ...SMALL.filter((id) => !shownIn.includes(id))];
}

/** A shipped litmus by name, or the text of a user's own. */
export type LitmusRef = string | LitmusText;

/** Throws BadInput for a name or a text that is none. */
export function relaxLitmus(name: LitmusRef): MachineLitmus {
  if (typeof name !== 'string') return litmusOf(name);
  const found = MACHINE_LITMUS.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const names = MACHINE_LITMUS.map(({ id }) => id);
  throw new BadInput(
    'unknown-litmus',
    `no litmus "${name}" of the machine; there are ${names.join(', ')}`,
    names,
  );
}

/** Refuses what there is not. */
export function checkRelaxLitmus(names: readonly LitmusRef[]): void {
  for (const name of names) relaxLitmus(name);
}

/** Why the litmus has no meaning under the protocol; null: it has. */
export function notForProtocol(litmus: MachineLitmus, { id, rules, file, base }: Protocol): string | null {
  // What a user's protocol extends says which litmus it takes.
  const shipped = file === undefined ? id : (base ?? id);
  return litmus.notFor?.({ id: shipped, era: rules.era }) ?? null;
}

/** @param byRules reductions may rest on rules that the protocol lacks: to find something, never to show that there is nothing */
export function litmusIgnoring(litmus: MachineLitmus, ignores: readonly string[], byRules: boolean): Litmus {
  return machineLitmus(litmus, null, { ignores, byRules });
}

/** The litmus under `protocol`, whose steps put down their place in `seen` when they are taken. */
export function watchedLitmus(
  litmus: MachineLitmus,
  protocol: Protocol,
  ignores: readonly string[],
  seen: Set<string>,
): Litmus {
  // Its own base: litmus ask whose it is.
  return machineLitmus(litmus, { ...watched(protocol, seen), base: protocol.id }, { ignores });
}

export const placeName = (procedure: string, label: string): string => `${procedure}:${label}`;

function watched(protocol: Protocol, seen: Set<string>): Protocol {
  const procedures = protocol.procedures.map((procedure) => {
    const steps = Object.entries(procedure.steps).map(([label, [ask, then]]) => {
      const place = placeName(procedure.name, label);
      const noted: typeof then = (l, answer) => {
        seen.add(place);
        return then(l, answer);
      };
      // What a search reads from a step's text is as before.
      noted.toString = () => String(then);
      return [label, [ask, noted] as const] as const;
    });
    return { ...procedure, steps: Object.fromEntries(steps) };
  });
  return { ...protocol, procedures };
}
