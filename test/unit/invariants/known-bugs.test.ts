// The two bugs of the seed draft (reference, B12 and B13): found by library scenarios in the model's own procedures, absent in
// v5.18, where nothing walks the list of roots there, and in v6.4, where they were fixed before merging.
import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/invariants/invariant-set.js';
import { runToEnd, simulation } from '../../support/harness.js';

/** What a run found, the metric I37 aside. */
function found(scenario: string, protocol: string, seed = 1): readonly Finding[] {
  const sim = simulation({ scenario, protocol, scheduler: 'random', seed });
  runToEnd(sim);
  expect(sim.outcome).toBe('completed');
  return sim.invariants?.set.structured ?? [];
}

const others = ['v5.18', 'v6.4', 'v6.6'];

test('B12: a failing KVM_CREATE_VM fires the lock assertion of the draft', () => {
  expect(found('create-fails', 'seed-draft').map((f) => [f.invariant, f.event, f.detail])).toEqual([
    ['I29', 'AssertionFired', 1],
  ]);
  for (const protocol of others) expect(found('create-fails', protocol), protocol).toEqual([]);
});

test('B13: the walk at destruction reads a root that the worker has freed; 60 random schedules', () => {
  const hits: (readonly Finding[])[] = [];
  for (let seed = 1; seed <= 60; seed++) {
    const draft = found('destroy-race', 'seed-draft', seed);
    if (draft.length > 0) hits.push(draft);
    for (const protocol of others)
      expect(found('destroy-race', protocol, seed), `${protocol} ${seed}`).toEqual([]);
  }
  expect(hits.length).toBeGreaterThan(0);
  // Whatever the freed page then leads the walk to comes on top.
  for (const hit of hits) {
    expect(hit.slice(0, 2).map((f) => [f.invariant, f.event])).toEqual([
      ['I3', 'FreedPageTouched'],
      ['I5', 'FreedPageTouched'],
    ]);
    expect(hit[0]?.ordinal).toBe(hit[1]?.ordinal);
  }
});
