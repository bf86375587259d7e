// The lock matrix and the coverage of searches: what must be flagged is, what must not is not, and sums do not hang on how
// the search was cut up.
import { expect, test } from 'vitest';
import type { CoarseModel } from '../../../src/core/explorer/coarse/coarse-model.js';
import { REFERENCE_COARSE } from '../../../src/core/explorer/coarse/reference-coarse.js';
import { MachineModel } from '../../../src/core/explorer/machine-model/machine-model.js';
import { DepthFirst } from '../../../src/core/explorer/search/depth-first.js';
import { UNBOUNDED } from '../../../src/core/explorer/search/found.js';
import { HashTable } from '../../../src/core/explorer/search/visited.js';
import { addCounts } from '../../../src/core/explorer/survey/survey-counts.js';
import { findProtocol } from '../../../src/core/protocols/registry.js';
import { ALL, built, NONE } from '../../litmus/litmus-support.js';

function surveyed(litmus: string, protocol: string, reductions = ALL): MachineModel {
  const model = new MachineModel({ protocol: findProtocol(protocol), litmus: built(litmus), reductions });
  model.sight.on = true;
  const search = new DepthFirst(model, new HashTable(), {
    persistent: reductions.persistent,
    bounds: UNBOUNDED,
  });
  let state = search.start();
  while (state === 'working') state = search.advance(100_000);
  expect(search.figures.transitions).toBe(model.sight.locks(model.sight.counts()).steps);
  return model;
}

const locksOf = (model: MachineModel) => model.sight.locks(model.sight.counts());

test.each(['v5.10', 'v5.18', 'v6.4', 'v6.6', 'v6.9', 'v6.14'])(
  '%s: in every litmus of two threads each operation holds what is declared',
  (protocol) => {
    for (const litmus of ['v-v', 'v-m', 'v-n', 'v-k', 'v-d', 'm-k-d', 'create-failure']) {
      const { rows, differing } = locksOf(surveyed(litmus, protocol));
      expect(
        rows.filter(({ agrees }) => agrees === false),
        litmus,
      ).toEqual([]);
      expect(differing).toBe(0);
    }
  },
);

test('the seed: its destruction walks the list of roots under nothing, its failed creation asserts a lock nobody holds', () => {
  const walk = locksOf(surveyed('v-d', 'seed-draft')).rows.filter(({ agrees }) => agrees === false);
  expect(walk.map(({ operation, held }) => [operation, held])).toEqual([
    ['first of the list', ['(no users)']],
    ['next of the list', ['(no users)']],
  ]);
  const failed = locksOf(surveyed('create-failure', 'seed-draft'));
  expect(failed.rows.filter(({ agrees }) => agrees === false)[0]).toMatchObject({
    function: 'kvm_tdp_mmu_invalidate_all_roots',
    held: ['(no vCPU)'],
    source: expect.stringContaining('lockdep in kvm_tdp_mmu_invalidate_all_roots'),
  });
});

test('a known row: the last put of v6.4 takes the root off the list under both locks', () => {
  const row = locksOf(surveyed('v-m', 'v6.4')).rows.find(
    ({ operation, roles }) => operation === 'list_del_rcu' && roles.includes('kworker'),
  );
  expect(row).toMatchObject({
    function: 'kvm_tdp_mmu_put_root',
    held: ['mmu_lock:R', 'tdp_mmu_pages_lock'],
    agrees: true,
  });
});

test('coverage: a race is seen in both orders, what a lock keeps apart is told with the lock', () => {
  const model = surveyed('v-m', 'v6.4', NONE);
  const { pairs, apart, bothOrders, oneOrder } = model.sight.coverage(model.sight.counts());
  expect(bothOrders + oneOrder).toBe(pairs.length);
  const pair = (one: string, other: string) =>
    pairs.find(({ a, b }) => [one, other].every((name) => [a.operation, b.operation].includes(name)));
  expect(pair('take_request', 'make_request')).toMatchObject({
    object: 'requests and mode of a vCPU',
    orders: 'both',
  });
  // The worker waits until there is something.
  expect(pair('queue_work', 'take_work')).toMatchObject({ object: 'work queue', orders: 'one' });
  expect(
    apart.find(({ a, b }) => a.operation === 'list_add_rcu' && b.operation === 'list_del_rcu'),
  ).toMatchObject({ object: 'list of roots', keptApartBy: 'mmu_lock' });
});

test('counts of two halves add up to those of the whole', () => {
  const whole = surveyed('v-n', 'v6.4', NONE);
  const half = new MachineModel({ protocol: findProtocol('v6.4'), litmus: built('v-n'), reductions: NONE });
  half.sight.on = true;
  const search = new DepthFirst(half, new HashTable(), { persistent: false, bounds: UNBOUNDED });
  search.start();
  search.advance(500);
  const before = half.sight.counts();
  const rest = new MachineModel({ protocol: findProtocol('v6.4'), litmus: built('v-n'), reductions: NONE });
  rest.sight.on = true;
  const on = new DepthFirst(rest, search.visited, { persistent: false, bounds: UNBOUNDED });
  on.restore(search.checkpoint());
  while (on.advance(1_000) === 'working');
  const sum = addCounts([before, rest.sight.counts()]);
  expect(rest.sight.locks(sum)).toEqual(locksOf(whole));
  expect(rest.sight.coverage(sum)).toEqual(whole.sight.coverage(whole.sight.counts()));
});

test('the coarse anchor: locks as declared, a race in both orders, and the same sums for all workers', () => {
  const spec = { protocol: 'v5.18', parameters: { resets: 1 }, reductions: NONE };
  const model = REFERENCE_COARSE.build({ litmus: REFERENCE_COARSE.name, ...spec }) as CoarseModel;
  model.sight.on = true;
  const search = new DepthFirst(model, new HashTable(), { persistent: false, bounds: UNBOUNDED });
  let state = search.start();
  while (state === 'working') state = search.advance(100_000);
  const counts = model.sight.counts();
  const { rows, differing, steps } = model.sight.locks(counts);
  expect([steps, differing]).toEqual([search.figures.transitions, 0]);
  expect(
    rows.find(({ operation, roles }) => operation === 'list_del' && roles.includes('worker')),
  ).toMatchObject({
    function: 'kvm_tdp_mmu_put_root',
    held: ['(item running)', 'mmu_lock:R', 'tdp_mmu_pages_lock'],
    agrees: true,
  });
  const { pairs, apart, bothOrders, oneOrder } = model.sight.coverage(counts);
  expect(bothOrders + oneOrder).toBe(pairs.length);
  expect(pairs.find(({ object, orders }) => object === 'mmu_lock' && orders === 'both')).toBeDefined();
  expect(apart.find(({ keptApartBy }) => keptApartBy === 'mmu_lock')).toBeDefined();
  const twice = model.sight.locks(addCounts([counts, counts]));
  expect(twice.steps).toBe(2 * steps);
});
