// Litmus with a running guest, where their rules hold; and the reductions on them. Goldens: distinct states of the unreduced
// search.
import { describe, expect, it } from 'vitest';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { ALL, built, everything, NONE, verdict } from '../litmus-support.js';

describe('with all reductions', () => {
  it.each([
    ['b4', ['v5.12', 'v5.15', 'v5.18', 'v6.4', 'v6.9', '7.2.13']],
    ['b5', ['5.10.262', 'v5.12', 'v5.15', 'v5.18', 'v6.9', '7.2.13']],
    ['b22', ['v5.10', 'v5.15', 'v5.18', 'v6.9', '7.2.13']],
    ['g-m', ['v5.10', 'v5.16', 'v5.18', 'v6.9', '7.2.13']],
    ['g-n', ['v5.10', 'v5.15', 'v5.18', 'v6.9', '7.2.13']],
  ] as const)('%s holds', (id, protocols) => {
    for (const protocol of protocols) {
      const { end, violation } = verdict(id, protocol);
      expect({ protocol, end, violation }).toEqual({ protocol, end: 'finished', violation: null });
    }
  });
});

describe('unreduced and reduced agree', () => {
  it.each([
    ['b4', 'v5.10', 9_450],
    ['b4', '5.10.262', 13_058],
    ['b22', 'v5.10', 3_916],
    ['g-m', 'v5.10', 11_157],
    ['g-n', 'v5.10', 1_605],
    ['g-n', 'v6.9', 2_363],
  ])('%s, %s: %i states', (id, protocol, states) => {
    const of = findProtocol(protocol);
    const litmus = built(id);
    const plain = everything(of, litmus, NONE);
    for (const reductions of [
      { persistent: false, symmetry: true },
      { persistent: true, symmetry: false },
      ALL,
    ])
      expect({ ...everything(of, litmus, reductions), states: 0 }).toEqual({ ...plain, states: 0 });
    expect(plain.states).toBe(states);
  });
});
