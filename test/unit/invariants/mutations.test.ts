// Each invariant against real protocols with something changed in them, as a patch would: it is among what the first violating step
// breaks, and it is still found by itself, with all others off. Where no step can break one, the table says why.
import { expect, test } from 'vitest';
import { INVARIANTS } from '../../../src/core/invariants/catalogue.js';
import { runToEnd, simulation } from '../../support/harness.js';
import { breaking, firstBreach, type Mutation } from './mutations/mutation.js';
import { ROOT_MUTATIONS } from './mutations/roots.js';
import { TABLE_MUTATIONS } from './mutations/tables.js';

const MUTATIONS: readonly Mutation[] = [...ROOT_MUTATIONS, ...TABLE_MUTATIONS].toSorted(
  (a, b) => a.breaks - b.breaks,
);

/** What no step of any protocol breaks, and why. */
const NO_STEP = new Map([
  [
    37,
    'allocations of a whole run against the roles that it used: a figure that is asked for at the end, no state of a step',
  ],
]);

test('every invariant has a mutation, or a reason why no step can break it', () => {
  const mutated = MUTATIONS.map(({ breaks }) => breaks);
  expect([...mutated, ...NO_STEP.keys()].toSorted((a, b) => a - b)).toEqual(INVARIANTS.map((x) => x.number));
});

test.each(MUTATIONS.map((m) => [m.breaks, m.protocol, m.what, m] as const))(
  'I%i, %s: %s',
  (number, _protocol, _what, mutation) => {
    const schedule = breaking(mutation);
    expect(schedule === null, 'found by a search').toBe(mutation.searched === false);
    const rule = `I${number}`;
    expect(firstBreach(mutation, schedule)).toContain(rule);
    expect(firstBreach(mutation, schedule, [number])).toEqual([rule]);
    if (mutation.steps === undefined && mutation.constants === undefined) return;
    // It is the change that breaks it: the same threads in the same order break nothing under the protocol as it is.
    const { steps: _steps, constants: _constants, ...rest } = mutation;
    const plain = { ...rest, protocol: rest.protocol.split('~')[0]! };
    expect(firstBreach(plain, schedule)).toEqual([]);
  },
);

test('I37 is violated as a figure, and no step is to blame', () => {
  const sim = simulation({ scenario: 'smi', protocol: 'v5.18', scheduler: 'random', seed: 1 });
  runToEnd(sim);
  const verdict = sim.invariants?.set.verdicts().find(({ invariant }) => invariant === 'I37');
  expect(verdict).toMatchObject({ kind: 'performance', verdict: 'violated', firstFinding: null });
  expect(sim.invariants?.set.structured.map((f) => f.invariant)).not.toContain('I37');
});
