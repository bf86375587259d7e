// Which cells a sweep has: expansion, canonical form, and everything that is refused before anything runs.
import { describe, expect, test } from 'vitest';
import { BadInput } from '../../../src/core/base/errors.js';
import {
  cellManifest,
  cellPlace,
  planOfManifest,
  planSweep,
  type SweepRequest,
} from '../../../src/core/sweeps/plan.js';
import { parseSeeds, seedsText } from '../../../src/core/sweeps/seeds.js';

const SMALL: SweepRequest = { scenario: 'smi-heavy', protocols: ['v5.18', 'seed-draft'], seeds: '1..3' };

test('seeds: ranges and lists, in ascending order', () => {
  expect(parseSeeds('5,1..3')).toEqual([1, 2, 3, 5]);
  expect(parseSeeds([7, 0])).toEqual([0, 7]);
  expect(seedsText([0, 1, 2, 5, 7, 8])).toBe('0..2,5,7..8');
  expect(parseSeeds(seedsText([3, 4, 9]))).toEqual([3, 4, 9]);
});

test('cells are protocols x values x seeds, the last axis fastest, seeds within', () => {
  const plan = planSweep({
    ...SMALL,
    parameters: { smis: [5, 10], pages: 2, vcpus: [1, 2] },
    costs: { rootAllocated: [500, 600] },
  });
  expect(plan.axes.map(({ name }) => name).toSorted()).toEqual(['cost.rootAllocated', 'smis', 'vcpus']);
  expect(plan.groups).toHaveLength(16);
  expect(plan.cells).toBe(48);
  const keys = plan.groups.map(({ protocol, settings }) => JSON.stringify([protocol, settings]));
  expect(new Set(keys).size).toBe(16);
  const lastAxis = plan.axes.at(-1)!.name;
  expect(plan.groups.slice(0, 2).map(({ settings }) => settings[lastAxis])).toEqual(plan.axes.at(-1)!.values);
  const cell = 17;
  expect(cellPlace(plan, cell)).toEqual({ group: 5, seed: 3 });
  const run = cellManifest(plan, cell);
  const { protocol, settings } = plan.groups[5]!;
  expect(run).toMatchObject({
    protocol,
    seed: 3,
    parameters: { smis: settings['smis'], vcpus: settings['vcpus'], pages: 2 },
    costs: { rootAllocated: settings['cost.rootAllocated'] },
  });
});

test('the manifest says everything, whatever the order of the request, and gives the same plan', () => {
  const a = planSweep({ ...SMALL, seeds: [3, 1, 2], parameters: { smis: [5, 10], pages: 2 } });
  const b = planSweep({ ...SMALL, parameters: { pages: 2, smis: [5, 10] } });
  expect(JSON.stringify(a.manifest)).toBe(JSON.stringify(b.manifest));
  const again = planOfManifest(JSON.parse(JSON.stringify(a.manifest)) as typeof a.manifest);
  expect(again).toEqual(a);
  expect(a.manifest.parameters['vcpus']).toEqual([expect.any(Number)]);
});

test('words of a parameter stand for their numbers', () => {
  const request = { scenario: 'boot', protocols: ['v6.4'], seeds: '1' };
  const plan = planSweep({ ...request, parameters: { resetPolicy: ['none', 'every-exit'] } });
  expect(plan.groups.map(({ settings }) => settings['resetPolicy'])).toEqual(['none', 'every-exit']);
  expect(() => planSweep({ ...request, parameters: { resetPolicy: ['none', 0] } })).toThrow(/given twice/);
});

describe('refused', () => {
  test.each<readonly [differs: Partial<SweepRequest>, code: string, says: RegExp]>([
    [{ protocols: [] }, 'sweep-empty', /protocols: the list is empty/],
    [{ protocols: ['v5.18', 'v5.18'] }, 'sweep-duplicate', /protocol v5\.18 is given twice/],
    [{ protocols: ['v0'] }, 'unknown-protocol', /expected one of/],
    [{ scenario: 'nowhere' }, 'unknown-scenario', /expected one of/],
    [{ scenario: 'live' }, 'sweep-scenario', /waits for commands/],
    [{ seeds: '' }, 'sweep-seeds', /ranges such as 1\.\.20,33/],
    [{ seeds: '3..1' }, 'sweep-seeds', /got "3\.\.1"/],
    [{ seeds: '1..' }, 'sweep-seeds', /got "1\.\."/],
    [{ seeds: '1.5' }, 'sweep-seeds', /got "1\.5"/],
    [{ seeds: [] }, 'sweep-seeds', /at least one seed/],
    [{ seeds: [-1] }, 'sweep-seeds', /got "-1"/],
    [{ seeds: '1..5,3' }, 'sweep-duplicate', /seed 3 is given twice/],
    [{ seeds: '0..9007199254740991' }, 'sweep-too-large', /MAX_SWEEP_CELLS = 10000/],
    [{ seeds: '1..5001' }, 'sweep-too-large', /2 protocols x 5001 seeds = 10002 cells/],
    [{ parameters: { smis: [] } }, 'sweep-empty', /parameter smis/],
    [{ parameters: { smis: [1, 1] } }, 'sweep-duplicate', /value of parameter smis 1/],
    [{ parameters: { nothing: 1 } }, 'unknown-parameter', /no parameter "nothing"/],
    [{ parameters: { smis: [1, -1] } }, 'parameter-range', /got -1/],
    [
      { parameters: { smis: Array.from({ length: 251 }, (_, i) => i) } },
      'sweep-too-large',
      /2 protocols x 251 values of smis = 502 groups are more than MAX_SWEEP_GROUPS = 500 \(1506 cells/,
    ],
    [{ costs: { gold: 1 } }, 'unknown-cost', /unknown cost "gold"/],
    [{ costs: { rootAllocated: [] } }, 'sweep-empty', /cost rootAllocated/],
    [{ metrics: ['happiness'] }, 'unknown-metric', /expected one of: timeNs/],
    [{ metrics: [] }, 'sweep-empty', /metrics/],
    [{ metrics: ['events', 'events'] }, 'sweep-duplicate', /metric events/],
    [{ limits: { patience: 1 } }, 'unknown-limit', /expected one of/],
    [{ scheduler: 'scripted' }, 'scripted-scheduler', /replay/],
  ])('%j', (differs, code, says) => {
    const refusal = thrownBy(() => planSweep({ ...SMALL, ...differs }));
    expect(refusal).toMatchObject({ code });
    expect(refusal.message).toMatch(says);
  });

  test('a manifest of another engine or of other procedures', () => {
    const { manifest } = planSweep(SMALL);
    expect(() => planOfManifest({ ...manifest, engine: '0.0.0' })).toThrow(/made with engine 0\.0\.0/);
    const protocols = manifest.protocols.map((p) => ({ ...p, digest: '0'.repeat(16) }));
    expect(thrownBy(() => planOfManifest({ ...manifest, protocols }))).toMatchObject({
      code: 'engine_differs',
    });
  });
});

function thrownBy(work: () => unknown): BadInput {
  try {
    work();
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
