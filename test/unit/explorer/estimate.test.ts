// The estimate before and during a search, against searches whose size is known.
import { expect, test } from 'vitest';
import { modelSpec } from '../../../src/core/explorer/litmus/litmus.js';
import { findLitmus } from '../../../src/core/explorer/litmus/registry.js';
import type { Model } from '../../../src/core/explorer/model.js';
import { DepthFirst } from '../../../src/core/explorer/search/depth-first.js';
import { type Estimate, Estimator } from '../../../src/core/explorer/search/estimate.js';
import { UNBOUNDED } from '../../../src/core/explorer/search/found.js';
import { HashTable } from '../../../src/core/explorer/search/visited.js';

function modelOf(name: string, protocol: string, reduced: boolean): () => Model {
  const litmus = findLitmus(name);
  const reductions = { persistent: reduced, symmetry: reduced };
  const spec = modelSpec(litmus, { protocol, parameters: {}, reductions });
  return () => litmus.build(spec);
}

function estimated(build: () => Model, reduced: boolean): Estimator {
  const estimator = new Estimator(build, reduced);
  while (estimator.advance(50_000) === 'working');
  return estimator;
}

/** The search, and what the estimator says of it now and then. */
function searched(build: () => Model, reduced: boolean, estimator: Estimator, every: number) {
  const visited = new HashTable();
  const search = new DepthFirst(build(), visited, { persistent: reduced, bounds: UNBOUNDED });
  const told: { readonly stored: number; readonly estimate: Estimate }[] = [];
  for (let state = search.start(); state === 'working'; state = search.advance(10_000)) {
    const { states } = search.figures;
    if (states < every * (told.length + 1)) continue;
    const estimate = estimator.during(states, (high, low) => visited.has(high, low));
    if (estimate !== null) told.push({ stored: states, estimate });
  }
  return { states: search.figures.states, told };
}

test('a search of a million states: the order of magnitude before, the interval on the way', () => {
  const build = modelOf('reference-coarse', 'v5.18', false);
  const estimator = new Estimator(build, false);
  while (estimator.advance(50_000) === 'working');
  const before = estimator.before()!;
  expect(before.method).toBe('sampled levels');
  const { states, told } = searched(build, false, estimator, 150_000);
  expect(states).toBe(1_042_043);
  expect(before.low).toBeLessThan(states);
  expect(before.high).toBeGreaterThan(states);
  expect(told.length).toBeGreaterThan(4);
  for (const { stored, estimate } of told) {
    expect(estimate.method).toBe('recapture');
    expect(estimate.low).toBeLessThanOrEqual(states);
    // Early on nothing bounds it from above.
    expect(estimate.high ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(states);
    expect(estimate.high === null).toBe(estimate.done! < 0.5);
    expect(estimate.states).toBeGreaterThanOrEqual(stored);
  }
  expect(told.at(-1)!.estimate.high).not.toBeNull();
  // The share of what was sampled grows to all of it.
  const done = told.map(({ estimate }) => estimate.done!);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
});

test('where every level fits into the sample it is a count', () => {
  const build = modelOf('reference-coarse', 'v5.18', true);
  const before = estimated(build, true).before()!;
  expect(before).toMatchObject({ method: 'counted', states: 46_101 });
  expect(searched(build, true, new Estimator(build, true), 1e9).states).toBe(46_101);
});

test.each([
  ['v-v', 'v6.9'],
  ['v-m', 'v5.10'],
])('%s under %s, unreduced: within the interval it gives', (litmus, protocol) => {
  const build = modelOf(litmus, protocol, false);
  const before = estimated(build, false).before()!;
  const { states } = searched(build, false, new Estimator(build, false), 1e9);
  expect(before.low).toBeLessThanOrEqual(states);
  expect(before.high).toBeGreaterThanOrEqual(states);
});

test('v-m under v6.4, on the way: what was told never lies above, and bounds it where it says so', () => {
  const build = modelOf('v-m', 'v6.4', false);
  const { states, told } = searched(build, false, estimated(build, false), 12_000);
  expect(states).toBe(162_311);
  const recaptured = told.map(({ estimate }) => estimate).filter(({ method }) => method === 'recapture');
  expect(recaptured.length).toBeGreaterThan(4);
  for (const { low, high } of recaptured) {
    expect(low).toBeLessThanOrEqual(states);
    expect(high ?? states).toBeGreaterThanOrEqual(states);
  }
});
