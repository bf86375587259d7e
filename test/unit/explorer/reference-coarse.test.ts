// The anchor: exactly the states of root-lifetime-labels.pml when nothing is reduced; the same verdict and outcomes when
// something is; and every step touches no more than it declares, which is what the reductions rest on.
import { expect, test } from 'vitest';
import { VARIABLES, type Variable } from '../../../src/core/explorer/coarse/program.js';
import { Shared } from '../../../src/core/explorer/coarse/state.js';
import type { Reductions } from '../../../src/core/explorer/model.js';
import { DepthFirst } from '../../../src/core/explorer/search/depth-first.js';
import { ExactSet } from '../../../src/core/explorer/search/exact.js';
import { UNBOUNDED } from '../../../src/core/explorer/search/found.js';
import { HashTable } from '../../../src/core/explorer/search/visited.js';
import { ALL, type CoarseSetup, coarse, NONE, searchAll } from './coarse-support.js';

test.each([
  [false, 1_042_043, 3_136_552],
  [true, 107_891, 301_095],
])(
  'patched %s: the states and transitions that Spin has, at most 32 bytes a state',
  (patched, states, transitions) => {
    const found = searchAll(coarse({ patched, resets: 2 }), NONE);
    expect(found).toMatchObject({ progress: 'finished', states, transitions });
    expect(found.bytes / states).toBeLessThanOrEqual(32);
  },
);

// Golden: what is stored with the reductions.
const REDUCED: readonly (readonly [boolean, Reductions, number])[] = [
  [false, { persistent: true, symmetry: false }, 161_776],
  [false, { persistent: false, symmetry: true }, 289_340],
  [false, ALL, 46_101],
  [true, { persistent: true, symmetry: false }, 19_741],
  [true, { persistent: false, symmetry: true }, 31_842],
  [true, ALL, 6_373],
];
test.each(REDUCED)('patched %s with %o: %i states, outcomes as without', (patched, reductions, states) => {
  const found = searchAll(coarse({ patched, resets: 2, reductions }), reductions);
  expect(found).toMatchObject({ progress: 'finished', states, terminalStates: patched ? 5 : 6 });
  const whole = searchAll(coarse({ patched, resets: 1 }), NONE);
  const reduced = searchAll(coarse({ patched, resets: 1, reductions }), reductions);
  expect(reduced.outcomes).toEqual(whole.outcomes);
});

test('an exact visited set and slices of any size visit the same states', () => {
  const model = coarse({ patched: true, resets: 2, reductions: ALL });
  const hashed = searchAll(model, ALL);
  expect({ ...searchAll(model, ALL, { visited: new ExactSet() }), bytes: 0 }).toEqual({
    ...hashed,
    bytes: 0,
  });
  expect(searchAll(model, ALL, { slice: 7 })).toEqual(hashed);
});

const MUTANTS: readonly (CoarseSetup & { readonly rules: readonly string[] })[] = [
  // The updater invalidates without a reference of its own: its worker puts somebody else's.
  {
    patched: false,
    resets: 1,
    mutate: { of: 'updater', label: 'zap_get', step: { does: () => {} } },
    rules: ['I2', 'I3', 'I14', 'I31'],
  },
  // A new root has no reference of the MMU's own.
  {
    patched: true,
    resets: 1,
    mutate: {
      of: 'kvm_tdp_mmu_alloc_root',
      label: 'pages_unlock',
      step: {
        writes: ['refcount'],
        does: (s, l) => {
          s.refcount[l.slot] = 1;
          l.root = l.slot;
          l.slot = 0;
          l.arg = 0;
        },
      },
    },
    rules: ['I10'],
  },
  // No worker takes an item: the flush waits for ever.
  {
    patched: false,
    resets: 1,
    mutate: { of: 'worker', label: 'take_item', step: { when: () => false } },
    rules: ['deadlock'],
  },
];
test.each(MUTANTS)('a broken rule is found with every reduction: $rules', ({ rules, ...setup }) => {
  for (const persistent of [false, true]) {
    for (const symmetry of [false, true]) {
      const reductions = { persistent, symmetry };
      const found = searchAll(coarse({ ...setup, reductions }), reductions);
      expect(found.progress).toBe('violated');
      expect(rules).toContain(found.rule);
    }
  }
});

/** What of the shared state a step changed. */
function changed(shared: Shared, before: Int32Array, after: Int32Array): Variable[] {
  const views = [before, after].map((words) => {
    const state = new Shared(shared.roots, 5, shared.vcpus);
    state.words.set(words);
    return state;
  });
  const differs = (read: (s: Shared) => string): boolean => read(views[0]) !== read(views[1]);
  return VARIABLES.filter((variable) => {
    if (variable === 'queue') return differs((s) => `${s.queued.join()} ${s.pending}`);
    if (variable === 'stop') return differs((s) => String(s.stop));
    return differs((s) => s[variable].join());
  });
}

test.each([false, true])('patched %s: no step changes what it does not declare', (patched) => {
  const model = coarse({ patched, resets: 1 });
  const shared = new Shared(6, 5, 2);
  const before = new Int32Array(model.words);
  const after = new Int32Array(model.words);
  const undeclared = new Set<string>();
  const step = model.step.bind(model);
  model.step = (t, choice) => {
    const position = model.positionOf(t);
    model.save(before, 0);
    const result = step(t, choice);
    model.save(after, 0);
    for (const variable of changed(shared, before, after)) {
      if (!position!.step.writes?.includes(variable)) undeclared.add(`${position!.label} ${variable}`);
    }
    return result;
  };
  const search = new DepthFirst(model, new HashTable(), { persistent: false, bounds: UNBOUNDED });
  search.start();
  while (search.advance(2_000) === 'working' && search.figures.transitions < 12_000);
  expect([...undeclared]).toEqual([]);
});
