// A scenario: topology, threads with their user-space scripts, guest programs, constants. Data only; nothing runs here.

import type { Topology } from '../aggregates/layout.js';
import type { World } from '../aggregates/world.js';
import { BadInput } from '../base/errors.js';
import type { LiveCommand, LiveCommandName } from './live/catalogue.js';
import type { LivePlan } from './live/plan.js';

/** A whole number that the user may set; a word of `words` stands for its index. */
export interface Parameter {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  readonly doc: string;
  /** Where present, the names of the values min..max. */
  readonly words?: readonly string[];
}

export type ParameterValues = { readonly [name: string]: number };

export interface ScenarioThread {
  /** As shown: main, vcpu0, kworker0, rcu. */
  readonly name: string;
  /** The run ends when every `vmm` thread has ended and every `daemon` waits. */
  readonly kind: 'vmm' | 'daemon';
  /** Function number of the bottom procedure (userspace/threads.ts). */
  readonly entry: number;
  readonly args: readonly number[];
  /** User-space program (userspace/script.ts); empty for daemons. */
  readonly script: Int32Array;
}

/** What one vCPU executes: the normal program and the SMM handler (guest/program.ts). */
export interface ScenarioGuest {
  readonly program: Int32Array;
  readonly smm: Int32Array;
}

/** A scenario with its parameters filled in: what a machine is built from. */
export interface BuiltScenario {
  readonly topology: Topology;
  readonly threads: readonly ScenarioThread[];
  /** By vCPU number. */
  readonly guests: readonly ScenarioGuest[];
  /** Added to, and overriding, the constants of the protocol. */
  readonly constants: Readonly<Record<string, number>>;
  /** Exit reasons after which kvm_mmu_reset_context is forced, as bits (1 << EXIT.x). */
  readonly resetAfterExits: number;
  /** Present where commands from outside are taken. */
  readonly live?: LiveRules;
}

/** What commands come to, and which are possible, in the world as it stands. */
export interface LiveRules {
  /** Throws CommandRefused. */
  plan(w: World, command: LiveCommand): LivePlan;
  allowed(w: World): readonly LiveCommandName[];
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What happens, from where it is taken, and what is left out. */
  readonly doc: string;
  readonly parameters: { readonly [name: string]: Parameter };
  /** Costs (machine/costs.ts) that differ from the defaults here; a run's own overrides come on top. */
  readonly costs?: Readonly<Record<string, number>>;
  build(params: ParameterValues): BuiltScenario;
}

/** Every parameter of the scenario, defaults filled in; errors say what was expected. */
export function resolveParameters(
  scenario: Scenario,
  given: Readonly<Record<string, number | string | boolean>>,
): Record<string, number> {
  const known = Object.keys(scenario.parameters);
  const out: Record<string, number> = {};
  for (const name of known) out[name] = scenario.parameters[name]!.default;
  for (const [name, value] of Object.entries(given)) {
    const p = Object.hasOwn(scenario.parameters, name) ? scenario.parameters[name] : undefined;
    if (p === undefined) {
      const list = known.length === 0 ? 'it has none' : `known: ${known.join(', ')}`;
      throw new BadInput(
        'unknown-parameter',
        `scenario ${scenario.id} has no parameter "${name}"; ${list}`,
        known,
      );
    }
    const n = numberOf(p, value);
    if (n === undefined || !Number.isInteger(n) || n < p.min || n > p.max) {
      const expected =
        p.words === undefined ? `a whole number from ${p.min} to ${p.max}` : `one of ${p.words.join(', ')}`;
      throw new BadInput('parameter-range', `parameter ${name} must be ${expected}, got ${String(value)}`);
    }
    out[name] = n;
  }
  return out;
}

function numberOf(p: Parameter, value: number | string | boolean): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  const index = p.words?.indexOf(value) ?? -1;
  if (index >= 0) return p.min + index;
  return /^-?\d+$/.test(value) ? Number(value) : undefined;
}
