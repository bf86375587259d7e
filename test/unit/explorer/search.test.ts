// Searches on models small enough to know the answer: deadlock, bounds, shortest schedules, samples, endless runs, resuming.
import { expect, test } from 'vitest';
import type { Model } from '../../../src/core/explorer/model.js';
import { BreadthFirst } from '../../../src/core/explorer/search/breadth-first.js';
import { DepthFirst } from '../../../src/core/explorer/search/depth-first.js';
import { replay, type SearchBounds, UNBOUNDED, unfold } from '../../../src/core/explorer/search/found.js';
import { fairCycle } from '../../../src/core/explorer/search/liveness.js';
import { Sampled, type Sampling } from '../../../src/core/explorer/search/sampled.js';
import { minimise, shorterThan } from '../../../src/core/explorer/search/shortest.js';
import { StateGraph } from '../../../src/core/explorer/search/state-graph.js';
import { collisionProbability, HashTable } from '../../../src/core/explorer/search/visited.js';
import { ALL, coarse, searchAll } from './coarse-support.js';
import { ABBA, BARGING, LOST_UPDATE, POLITE, SPIN, ToyModel, UNDECIDED } from './toy-model.js';

const PLENTY = 1_000_000;

function depthFirst(model: Model, bounds: Partial<SearchBounds> = {}, persistent = false) {
  const search = new DepthFirst(model, new HashTable(bounds.bytes), {
    persistent,
    bounds: { ...UNBOUNDED, ...bounds },
  });
  let state = search.start();
  while (state === 'working') state = search.advance(PLENTY);
  return { state, search };
}

function breadthFirst(model: Model, bounds: Partial<SearchBounds> = {}, persistent = false) {
  const search = new BreadthFirst(model, new HashTable(bounds.bytes), {
    persistent,
    bounds: { ...UNBOUNDED, ...bounds },
  });
  let state = search.start();
  while (state === 'working') state = search.advance(PLENTY);
  return { state, search };
}

test('locks in opposite orders are a deadlock, and the schedule leads into it', () => {
  const { state, search } = depthFirst(ABBA());
  expect(state).toBe('violated');
  expect(search.violation).toMatchObject({ kind: 'deadlock', rule: 'deadlock' });
  expect(replay(ABBA(), search.decisions())?.kind).toBe('deadlock');
  const { search: shortest } = breadthFirst(ABBA());
  expect(shortest.found?.schedule.map(({ thread }) => thread)).toEqual([0, 1]);
});

test('a choice of the model is tried both ways', () => {
  const { state, search } = depthFirst(UNDECIDED());
  expect(state).toBe('violated');
  expect(search.decisions().map(({ choice }) => choice)).toEqual([1, 0, 1, 1, 0, 1, 0, 1]);
});

test('a bound on preemptions leaves out exactly what needs more, and says so', () => {
  for (const run of [depthFirst, breadthFirst]) {
    const none = run(LOST_UPDATE(), { preemptions: 0 });
    expect(none.state).toBe('finished');
    expect(none.search.met).toContain('preemptions');
    expect(run(LOST_UPDATE(), { preemptions: 1 }).state).toBe('violated');
  }
});

test.each([0, 1, 2])('with %i preemptions symmetry merges nothing that ends differently', (preemptions) => {
  const [whole, merged] = [false, true].map((symmetry) => {
    const model = coarse({ patched: false, resets: 1, reductions: { persistent: false, symmetry } });
    const state = new Int32Array(model.words);
    const outcomes = new Set<string>();
    const onTerminal = () => {
      model.save(state, 0);
      outcomes.add(state.join());
    };
    const bounds = { ...UNBOUNDED, preemptions };
    const search = new DepthFirst(model, new HashTable(), { persistent: false, bounds, onTerminal });
    search.start();
    while (search.advance(PLENTY) === 'working');
    return { outcomes: [...outcomes].toSorted(), states: search.figures.states };
  });
  expect(merged.outcomes).toEqual(whole.outcomes);
  expect(merged.states).toBeLessThan(whole.states);
});

test('a bound on depth means every schedule of so many steps', () => {
  const three = breadthFirst(LOST_UPDATE(), { depth: 3 });
  expect(three.state).toBe('finished');
  expect(three.search.met).toContain('depth');
  expect(breadthFirst(LOST_UPDATE(), { depth: 4 }).state).toBe('violated');
});

test('bounds on states and bytes end a search', () => {
  const states = depthFirst(coarse({ patched: true, resets: 1 }), { states: 500 });
  expect([states.state, states.search.figures.states]).toEqual(['bound', 500]);
  expect(states.search.met).toContain('states');
  const bytes = depthFirst(coarse({ patched: true, resets: 2 }), { bytes: 600_000 });
  expect(bytes.state).toBe('bound');
  expect(bytes.search.met).toContain('bytes');
  expect(bytes.search.visited.bytes).toBeLessThanOrEqual(600_000);
});

// A root without a reference of the MMU's own. Golden: the shortest schedule, with the reductions and without.
const NO_OWN_REFERENCE = {
  patched: true,
  resets: 1,
  mutate: {
    of: 'kvm_tdp_mmu_alloc_root',
    label: 'alloc',
    step: {
      does: (
        s: { refcount: Uint8Array; used: Uint8Array; role: Uint8Array },
        l: { arg: number; slot: number },
      ) => {
        const slot = s.used.indexOf(0);
        l.slot = slot;
        s.used[slot] = 1;
        s.role[slot] = l.arg;
        s.refcount[slot] = 1;
      },
    },
  },
} as const;

test('the shortest counterexample has the same length with reductions, whoever finds it first', () => {
  const setup = (reductions = ALL) => coarse({ ...NO_OWN_REFERENCE, reductions });
  const whole = breadthFirst(setup({ persistent: false, symmetry: false })).search.found!;
  const symmetric = breadthFirst(setup({ persistent: false, symmetry: true })).search.found!;
  expect(whole.violation.rule).toBe('I10');
  expect(whole.schedule).toHaveLength(18);
  expect(symmetric.schedule).toHaveLength(18);
  expect(replay(setup(), whole.schedule)?.rule).toBe('I10');

  const reduced = breadthFirst(setup(), {}, true).search.found!;
  expect(replay(setup(), reduced.schedule)?.rule).toBe('I10');
  const shorter = shorterThan(setup(), reduced, UNBOUNDED);
  expect((shorter ?? reduced).schedule).toHaveLength(18);

  const { search } = depthFirst(setup(), {}, true);
  const first = { violation: search.violation!, schedule: unfold(setup(), search.decisions(), true) };
  const minimal = minimise(setup(), first);
  expect(replay(setup(), first.schedule)?.rule).toBe('I10');
  expect(replay(setup(), minimal.schedule)?.rule).toBe('I10');
  expect(minimal.schedule.length).toBeLessThanOrEqual(first.schedule.length);
});

function sample(
  model: Model,
  sampling: Sampling,
  seed: number,
  from?: { schedules: number; longest: number },
) {
  const options = { sampling, seed, schedules: 500, pctDepth: 2, bounds: UNBOUNDED };
  const search = new Sampled(model, new HashTable(), options, from);
  let state = search.start();
  while (state === 'working') state = search.advance(97);
  return search;
}

test.each(['random', 'pct'] as const)(
  '%s samples find a lost update, the same ones for a seed',
  (sampling) => {
    const search = sample(LOST_UPDATE(), sampling, 7);
    expect(search.found?.violation.rule).toBe('toy');
    expect(replay(LOST_UPDATE(), search.found!.schedule)?.rule).toBe('toy');
    expect(sample(LOST_UPDATE(), sampling, 7).found).toEqual(search.found);
    // The schedule that found it, begun from the one before.
    const resumed = sample(LOST_UPDATE(), sampling, 7, {
      schedules: search.schedules - 1,
      longest: search.checkpoint().longest,
    });
    expect(resumed.found?.violation.rule).toBe('toy');
    // Nothing to be found: all schedules are tried and nothing is claimed.
    const fine = sample(SPIN(), 'random', 1);
    expect(fine.found).toBeNull();
    expect([fine.schedules, ...fine.met]).toEqual([500, 'schedules']);
  },
);

function endless(model: Model) {
  const graph = new StateGraph(model, UNBOUNDED);
  let state = graph.start();
  while (state === 'working') state = graph.advance(3);
  expect(state).toBe('finished');
  return fairCycle(graph, model);
}

test.each([
  { what: 'two that give way to each other', build: POLITE, kind: 'livelock' },
  { what: 'one that barges in each time', build: BARGING, kind: 'starvation' },
  { what: 'one that waits for another that runs', build: SPIN, kind: null },
])('$what: $kind', ({ build, kind }) => {
  const lasso = endless(build());
  expect(lasso?.violation.kind ?? null).toBe(kind);
  if (lasso === null) return;
  const model = build();
  const states = [lasso.stem, lasso.cycle].map((steps, k) => {
    if (k === 0) model.reset();
    for (const { thread, choice } of steps) {
      expect(model.choices(thread)).toBeGreaterThan(choice);
      model.step(thread, choice);
    }
    const state = new Int32Array(model.words);
    model.save(state, 0);
    return state.join();
  });
  expect(states[1]).toBe(states[0]);
  expect(lasso.cycle.length).toBeGreaterThan(0);
});

test('the shortest lasso has the fewest steps, stem and cycle together, not the nearest cycle', () => {
  // 0 1 2 3 4 and round again, or from 3 back to 2.
  const steps = [{}, {}, {}, { choices: 2, does: (_: Int32Array, choice: number) => (choice === 0 ? 4 : 2) }];
  const lasso = endless(new ToyModel(1, [[...steps, { does: () => 0 }]]));
  expect(lasso).toMatchObject({ shortest: true, violation: { kind: 'livelock' } });
  expect([lasso?.stem.length, lasso?.cycle.length]).toEqual([2, 2]);
  // A second thread that can go on all the time makes that unfair: the cycle must have a step of its, too.
  const fair = endless(new ToyModel(1, [[...steps, { does: () => 0 }], [{ does: () => 0 }]]));
  expect([fair?.stem.length, fair?.cycle.length]).toEqual([2, 3]);
  expect(new Set(fair?.cycle.map(({ thread }) => thread)).size).toBe(2);
});

test('a search goes on from a checkpoint, and from work that it was given', () => {
  const setup = { patched: true, resets: 2, reductions: ALL };
  const whole = searchAll(coarse(setup), ALL);
  const options = { persistent: true, bounds: UNBOUNDED };
  const table = new HashTable();
  const first = new DepthFirst(coarse(setup), table, options);
  first.start();
  first.advance(9_000);
  const second = new DepthFirst(coarse(setup), table, options);
  second.restore(first.checkpoint());
  // A third takes a part of what is left.
  const third = new DepthFirst(coarse(setup), table, options);
  const mail = new Int32Array(second.frameWords);
  expect(second.give(mail, 0)).toBe(true);
  third.take(mail, 0);
  while (third.advance(PLENTY) === 'working');
  while (second.advance(PLENTY) === 'working');
  expect(second.figures.states + third.figures.states).toBe(whole.states);
  expect(second.figures.transitions + third.figures.transitions).toBe(whole.transitions);
});

test('the chance that a hash merged two states is told', () => {
  expect(collisionProbability(15_439_656)).toBeCloseTo(6.46e-6, 7);
});
