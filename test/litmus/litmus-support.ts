// Searches of litmus for tests: by the explorer's own search, and one that goes on behind violations and tells every rule.

import { MachineModel } from '../../src/core/explorer/machine-model/machine-model.js';
import type { Reductions, Violation } from '../../src/core/explorer/model.js';
import { BreadthFirst } from '../../src/core/explorer/search/breadth-first.js';
import { DepthFirst } from '../../src/core/explorer/search/depth-first.js';
import { ExactSet } from '../../src/core/explorer/search/exact.js';
import { type Found, UNBOUNDED } from '../../src/core/explorer/search/found.js';
import type { Step } from '../../src/core/machine/procedure.js';
import type { Protocol } from '../../src/core/protocols/protocol.js';
import { findProtocol } from '../../src/core/protocols/registry.js';
import { findMachineLitmus } from '../../src/core/scenarios/litmus/index.js';
import type { BuiltLitmus } from '../../src/core/scenarios/litmus/litmus.js';
import { resolveParameters } from '../../src/core/scenarios/scenario.js';

export const NONE: Reductions = { persistent: false, symmetry: false };
export const ALL: Reductions = { persistent: true, symmetry: true };
const SYMMETRY: Reductions = { persistent: false, symmetry: true };

export function built(id: string, set: Readonly<Record<string, number>> = {}): BuiltLitmus {
  const litmus = findMachineLitmus(id);
  return litmus.build(resolveParameters(litmus, set));
}

export interface Mutation {
  readonly of: string;
  readonly label: string;
  readonly step: Step<string, string>;
}

/** The protocol with one step of one procedure exchanged. */
export function mutant(id: string, { of, label, step }: Mutation): Protocol {
  const protocol = findProtocol(id);
  const procedures = protocol.procedures.map((p) =>
    p.name === of ? { ...p, steps: { ...p.steps, [label]: step } } : p,
  );
  return { ...protocol, id: `${id} without ${of}@${label}`, procedures };
}

export interface Verdict {
  readonly end: string;
  readonly states: number;
  readonly violation: Violation | null;
}

/** The verdict of the explorer's search. */
export function verdict(
  id: string,
  protocol: string,
  set: Readonly<Record<string, number>> = {},
  reductions: Reductions = ALL,
): Verdict {
  const model = new MachineModel({ protocol: findProtocol(protocol), litmus: built(id, set), reductions });
  const search = new DepthFirst(model, new ExactSet(), {
    persistent: reductions.persistent,
    bounds: UNBOUNDED,
  });
  let end = search.start();
  while (end === 'working') end = search.advance(1_000_000);
  return { end, states: search.figures.states, violation: search.violation };
}

/** The first violation of a breadth-first search: no schedule of what is searched is shorter. */
export function shortest(id: string, protocol: Protocol, reductions: Reductions = ALL): Found | null {
  const model = new MachineModel({ protocol, litmus: built(id), reductions });
  const search = new BreadthFirst(model, new ExactSet(), {
    persistent: reductions.persistent,
    bounds: UNBOUNDED,
  });
  let end = search.start();
  while (end === 'working') end = search.advance(1_000_000);
  return search.found;
}

export interface Everything {
  readonly states: number;
  /** Each rule with the place where it broke. */
  readonly rules: readonly string[];
  /** Proper ends, by what they are when names do not count and what RCU still had to free is freed. */
  readonly outcomes: readonly string[];
  readonly deadlocks: number;
}

/** All distinct states; a state that breaks a rule has no successors. */
export function everything(protocol: Protocol, litmus: BuiltLitmus, reductions: Reductions): Everything {
  const model = new MachineModel({ protocol, litmus, reductions });
  const ends = new MachineModel({ protocol, litmus, reductions: SYMMETRY });
  const key = new Int32Array(model.keyWords);
  const keyOf = (m: MachineModel): string =>
    String.fromCharCode(...new Uint16Array(key.slice(0, m.key(key)).buffer));
  const rules = new Set<string>();
  const outcomes = new Set<string>();
  const seen = new ExactSet();
  const stack: Int32Array[] = [];
  let deadlocks = 0;
  const visit = (): void => {
    if (!seen.add(key, model.key(key))) return;
    const state = new Int32Array(model.words);
    model.save(state, 0);
    stack.push(state);
  };
  model.reset();
  visit();
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    model.load(state, 0);
    const forced = reductions.persistent ? model.forced() : -1;
    let moved = false;
    for (let t = 0; t < model.threads.length; t++) {
      if (forced >= 0 && t !== forced) continue;
      model.load(state, 0);
      if (model.choices(t) === 0) continue;
      moved = true;
      if (model.step(t, 0) === 0) visit();
      else {
        const { rule, function: name, label } = model.violation();
        rules.add(`${rule} ${name}@${label}`);
      }
    }
    if (moved) continue;
    model.load(state, 0);
    if (!model.ended()) {
      deadlocks++;
      continue;
    }
    ends.load(state, 0);
    for (let going = true; going; ) {
      going = false;
      for (let t = 0; t < ends.threads.length; t++) {
        if (ends.choices(t) === 0) continue;
        ends.step(t, 0);
        going = true;
      }
    }
    const violation = ends.endViolation();
    if (violation !== null) rules.add(`${violation.rule} at the end`);
    outcomes.add(keyOf(ends));
  }
  return { states: seen.size, rules: [...rules].sort(), outcomes: [...outcomes].sort(), deadlocks };
}
