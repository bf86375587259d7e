// From a request to a result on one thread: what is reported of a violation, an endless run, and a search that was stopped.
import { expect, test } from 'vitest';
import type { Litmus } from '../../../src/core/explorer/litmus/litmus.js';
import type { Model } from '../../../src/core/explorer/model.js';
import { replay } from '../../../src/core/explorer/search/found.js';
import { DEFAULT_BOUNDS, type Exploration } from '../../../src/explorations/exploration.js';
import { explore } from '../../../src/explorations/explore.js';
import { ALL, coarse, NONE } from './coarse-support.js';
import { POLITE } from './toy-model.js';

const litmusOf = (build: Litmus['build']): Litmus => ({
  name: 'own',
  summary: 'a test',
  protocols: null,
  parameters: {},
  build,
});

const asked = (more: Partial<Exploration> = {}): Exploration => ({
  spec: { litmus: 'own', protocol: 'v6.4', parameters: {}, reductions: ALL },
  search: 'exhaustive',
  bounds: DEFAULT_BOUNDS,
  workers: 2,
  seed: 1,
  schedules: 1_000,
  pctDepth: 3,
  exact: false,
  liveness: false,
  ...more,
});

/** New roots have no reference of the MMU's own. */
const broken = litmusOf(({ reductions }) =>
  coarse({
    patched: true,
    resets: 2,
    reductions,
    mutate: {
      of: 'kvm_tdp_mmu_alloc_root',
      label: 'list_add',
      step: {
        writes: ['listed', 'refcount'],
        does: (s, l) => {
          s.listed[l.slot] = 1;
          s.refcount[l.slot] = 1;
        },
      },
    },
  }),
);

test('a violation comes with a shortest schedule that replays, the same with and without reductions', async () => {
  const spec = asked().spec;
  const reduced = await explore(asked(), { litmus: broken });
  const whole = await explore(asked({ spec: { ...spec, reductions: NONE } }), { litmus: broken });
  for (const result of [reduced, whole]) {
    expect(result).toMatchObject({ verdict: 'violated', invariant: 'I10', kind: 'safety', sessionId: null });
    expect(result.counterexample).toMatchObject({ length: 18, shortness: 'shortest', cycle: 0 });
    expect(result.counterexample?.steps.at(-1)).toMatchObject({
      function: 'kvm_tdp_mmu_put_root',
      label: 'warn_on_valid',
    });
    const model: Model = broken.build(spec);
    expect(replay(model, result.counterexample!.schedule)?.rule).toBe('I10');
  }
});

test.each(['random', 'pct'] as const)(
  '%s search finds it too, with a schedule that was minimised',
  async (search) => {
    const result = await explore(asked({ search }), { litmus: broken });
    expect(result).toMatchObject({ verdict: 'violated', invariant: 'I10' });
    expect(result.counterexample?.length).toBe(18);
    expect(result.schedules).toBeGreaterThan(0);
  },
);

test('an endless run is a violation only where it is asked for', async () => {
  const litmus = litmusOf(POLITE);
  expect(await explore(asked(), { litmus })).toMatchObject({ verdict: 'holds', kind: null });
  const result = await explore(asked({ liveness: true }), { litmus });
  expect(result).toMatchObject({
    verdict: 'violated',
    kind: 'livelock',
    invariant: 'livelock',
    reductions: [],
  });
  const { cycle, schedule } = result.counterexample!;
  expect(cycle).toBeGreaterThan(1);
  expect(new Set(schedule.slice(-cycle).map(({ thread }) => thread)).size).toBe(2);
});

test('a cancelled search says that it was stopped, and leaves what it needs to go on', async () => {
  const litmus = litmusOf(({ reductions }) => coarse({ patched: false, resets: 2, reductions }));
  let rest: Int32Array | undefined;
  const stopped = await explore(asked({ bounds: { ...DEFAULT_BOUNDS, states: 20_000 } }), {
    litmus,
    rest: (words) => {
      rest = words;
    },
  });
  expect(stopped).toMatchObject({ verdict: 'bound_reached', boundsReached: ['states'] });
  const result = await explore(asked(), { litmus, resume: rest! });
  expect(result).toMatchObject({ verdict: 'holds', states: 46_101, transitions: 196_309 });
  rest![rest!.length - 9] ^= 1;
  await expect(explore(asked(), { litmus, resume: rest! })).rejects.toMatchObject({
    code: 'checkpoint-damaged',
  });
  const cancelled = await explore(asked({ spec: { ...asked().spec, reductions: NONE } }), {
    litmus,
    cancelled: () => true,
  });
  expect(cancelled).toMatchObject({ verdict: 'bound_reached', boundsReached: [] });
});

test('a bound on preemptions takes only the reductions that keep its count', async () => {
  const bounds = { ...DEFAULT_BOUNDS, preemptions: 1 };
  const anchor = litmusOf(({ reductions }) => coarse({ patched: true, resets: 1, reductions }));
  const nameless = litmusOf((spec) => Object.assign(anchor.build(spec), { renamed: undefined }));
  const named = await explore(asked({ bounds }), { litmus: anchor });
  const unnamed = await explore(asked({ bounds }), { litmus: nameless });
  expect(named).toMatchObject({ reductions: ['symmetry'], boundsReached: ['preemptions'] });
  expect(unnamed).toMatchObject({ reductions: [], boundsReached: ['preemptions'] });
  expect(named.states).toBeLessThan(unnamed.states);
});
