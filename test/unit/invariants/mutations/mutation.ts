// A mutation: a real protocol with something changed as the author of a patch would change it (a step, a constant, a rule taken
// away), or a release in which that was so; and a small scenario. A search finds the shortest schedule that breaks anything; the same
// schedule is then run with all invariants on, and with one only.
import { Layout, STATUS } from '../../../../src/core/aggregates/layout.js';
import { ensure } from '../../../../src/core/base/assert.js';
import { MachineModel } from '../../../../src/core/explorer/machine-model/machine-model.js';
import type { Reductions } from '../../../../src/core/explorer/model.js';
import { BreadthFirst } from '../../../../src/core/explorer/search/breadth-first.js';
import { ExactSet } from '../../../../src/core/explorer/search/exact.js';
import { UNBOUNDED } from '../../../../src/core/explorer/search/found.js';
import { Guest } from '../../../../src/core/guest/guest.js';
import { INVARIANTS } from '../../../../src/core/invariants/catalogue.js';
import { InvariantSet } from '../../../../src/core/invariants/invariant-set.js';
import { invariantRules } from '../../../../src/core/invariants/rules.js';
import { Machine, STEP_EVENTS_MAX } from '../../../../src/core/machine/machine.js';
import type { Step } from '../../../../src/core/machine/procedure.js';
import { TimeModel } from '../../../../src/core/machine/time.js';
import { link, type Protocol } from '../../../../src/core/protocols/protocol.js';
import { findProtocol } from '../../../../src/core/protocols/registry.js';
import { findMachineLitmus } from '../../../../src/core/scenarios/litmus/index.js';
import {
  assembleLitmus,
  type BuiltLitmus,
  type LitmusThread,
} from '../../../../src/core/scenarios/litmus/litmus.js';
import { resolveParameters } from '../../../../src/core/scenarios/scenario.js';

export interface Mutation {
  /** Number of the invariant. */
  readonly breaks: number;
  /** What was changed, in words. */
  readonly what: string;
  /** A shipped protocol: `v5.18`; without a rule: `v5.18~flush-on-load`; or a release that had it wrong. */
  readonly protocol: string;
  readonly steps?: { readonly [procedure: string]: { readonly [label: string]: Step<string, string> } };
  readonly constants?: Readonly<Record<string, number>>;
  /** A shipped litmus, or threads of one. */
  readonly litmus: string | (() => BuiltLitmus);
  /** False: one run, in which the lowest thread that can go on does, shows it. */
  readonly searched?: false;
  /** Exits without progress after which the watchdog reports. */
  readonly watchdogExits?: number;
}

export const threads = (
  list: () => readonly LitmusThread[],
  sizes: Parameters<typeof assembleLitmus>[1] = {},
): (() => BuiltLitmus) => {
  return () => assembleLitmus(list(), { hostPages: 16, stackWords: 272, ...sizes });
};

export function mutated({ protocol: id, what, steps = {}, constants = {} }: Mutation): Protocol {
  const protocol = findProtocol(id);
  const own = new Set(Object.keys(steps));
  for (const [name, changed] of Object.entries(steps)) {
    const known = ensure(
      protocol.procedures.find((p) => p.name === name),
      `${name} of ${id}`,
    );
    for (const label of Object.keys(changed)) ensure(known.steps[label], `${name} @ ${label} of ${id}`);
  }
  return {
    ...protocol,
    id: `${id}: ${what}`,
    // Reductions must rest on no rule.
    without: 'mutation',
    constants: { ...protocol.constants, ...constants },
    procedures: protocol.procedures.map((p) =>
      own.has(p.name) ? { ...p, steps: { ...p.steps, ...steps[p.name] } } : p,
    ),
  };
}

function litmusOf({ litmus, constants = {} }: Mutation): BuiltLitmus {
  if (typeof litmus === 'function') return litmus();
  const scenario = findMachineLitmus(litmus);
  const built = scenario.build(resolveParameters(scenario, {}));
  return { ...built, constants: { ...built.constants, ...constants }, ignores: [] };
}

const REDUCTIONS: Reductions = { persistent: true, symmetry: false };
const MAX_STATES = 400_000;
const MAX_STEPS = 20_000;

/** Threads of the shortest schedule that breaks something, from the first step of all on; null: nothing does, or none is looked for. */
export function breaking(mutation: Mutation): readonly number[] | null {
  if (mutation.searched === false) return null;
  const model = new MachineModel({
    protocol: mutated(mutation),
    litmus: litmusOf(mutation),
    reductions: REDUCTIONS,
  });
  const search = new BreadthFirst(model, new ExactSet(), {
    persistent: true,
    bounds: { ...UNBOUNDED, states: MAX_STATES },
  });
  let state = search.start();
  while (state === 'working') state = search.advance(100_000);
  return search.found === null
    ? null
    : [...model.prefix, ...search.found.schedule.map(({ thread }) => thread)];
}

/** What the first step that breaks anything breaks, by invariants of this list only: `I1`; the kernel's own reports apart. */
export function firstBreach(
  mutation: Mutation,
  schedule: readonly number[] | null,
  only: readonly number[] = [],
): readonly string[] {
  const protocol = mutated(mutation);
  const built = litmusOf(mutation);
  const linked = link(protocol, built.constants);
  const machine = new Machine({
    linked,
    layout: new Layout(built.topology),
    threads: built.threads,
    time: new TimeModel({}),
    seed: 1,
    batchCapacity: 2 * STEP_EVENTS_MAX + 1,
    context: {
      env: {
        scripts: built.threads.map((thread) => thread.script),
        resetAfterExits: built.resetAfterExits,
        constants: linked.constants,
      },
      guest: new Guest(built.guests, linked.constants),
      watchdogExits: mutation.watchdogExits ?? 0x3fff_ffff,
      needbreak: null,
    },
  });
  const invariants = INVARIANTS.filter(({ number }) => only.length === 0 || only.includes(number));
  const set = new InvariantSet(machine.w, invariantRules(protocol.rules), () => undefined, invariants);
  machine.observer = {
    before: (w, batch, i) => set.before(w, batch, i),
    after: (w, batch, i) => set.after(w, batch, i),
  };
  for (let n = 0; n < (schedule?.length ?? MAX_STEPS); n++) {
    const thread = schedule?.[n] ?? built.threads.findIndex((_, t) => machine.status(t) === STATUS.runnable);
    if (thread < 0) break;
    // Under another protocol than the schedule's, some must wait.
    if (machine.status(thread) !== STATUS.runnable) continue;
    machine.batch.length = 0;
    machine.step(thread);
    if (set.structured.length > 0) return [...new Set(set.structured.map((f) => f.invariant))];
  }
  return [];
}
