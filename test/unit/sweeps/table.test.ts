// What a table says of its cells: statistics that can be done by hand, cells without a figure, tables in the middle of it.
import { expect, test } from 'vitest';
import { metricValues } from '../../../src/core/sweeps/metrics.js';
import { planSweep } from '../../../src/core/sweeps/plan.js';
import { type CellResult, statistics, sweepTable } from '../../../src/core/sweeps/table.js';
import { shortTable, tableColumns, tableRows } from '../../../src/core/sweeps/table-text.js';
import { runCell } from '../../../src/sweeps/run-cell.js';
import { runToEnd, simulation } from '../../support/harness.js';

test('n, sum, mean, min, max and the standard deviation of the sample', () => {
  expect(statistics([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
    n: 8,
    sum: 40,
    mean: 5,
    min: 2,
    max: 9,
    stddev: Math.sqrt(32 / 7),
  });
  expect(statistics([3])).toEqual({ n: 1, sum: 3, mean: 3, min: 3, max: 3, stddev: null });
  expect(statistics([])).toEqual({ n: 0, sum: null, mean: null, min: null, max: null, stddev: null });
  // A small spread of large numbers: a sum of squares would say 0 here, or the root of a negative number.
  expect(statistics([1e15, 1e15 + 2]).stddev).toBe(Math.sqrt(2));
});

const cell = (outcome: string, values: CellResult['values']): CellResult => ({
  outcome,
  reason: null,
  fullDigest: outcome === 'failed' ? '' : '0123456789abcdef',
  values,
  sessionId: null,
});

test('a milestone that was not reached is no figure, a count that is missing is 0, a failed cell has none', () => {
  const plan = planSweep({ scenario: 'boot', protocols: ['v5.18', 'v6.4'], seeds: '1..3' });
  const results = [
    cell('booted', { 'milestone.pid1': 10, resets: 4, events: 100 }),
    cell('no_forward_progress', { events: 50 }),
    cell('failed', null),
    cell('booted', { 'milestone.pid1': 20, events: 10 }),
  ];
  const table = sweepTable(plan, results);
  expect(table).toMatchObject({ complete: false, cells: 6, finished: 4 });
  const [first, second] = table.groups;
  expect(first).toMatchObject({
    finished: 3,
    outcomes: { booted: 1, failed: 1, no_forward_progress: 1 },
    digest: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  const of = (group: typeof first, name: string) => group!.metrics.find(({ metric }) => metric === name);
  expect(of(first, 'milestone.pid1')).toMatchObject({ n: 1, mean: 10, unit: 'ns' });
  expect(of(first, 'resets')).toMatchObject({ n: 2, sum: 4, mean: 2, min: 0, max: 4 });
  expect(of(first, 'outcome.booted')).toMatchObject({ n: 3, sum: 1, mean: 1 / 3 });
  expect(of(first, 'smis')).toBeUndefined();
  expect(second).toMatchObject({ finished: 1, outcomes: { booted: 1 }, digest: null });
  expect(of(second, 'resets')).toMatchObject({ n: 1, mean: 0, stddev: null });
  const rows = tableRows(table);
  expect(rows).toHaveLength(first!.metrics.length * 2);
  const row = rows.find(({ metric }) => metric.metric === 'milestone.pid1')!;
  expect(tableColumns(table).map((column) => column.of(row))).toEqual([
    1,
    'boot',
    'v5.18',
    3,
    'milestone.pid1',
    'ns',
    1,
    10,
    10,
    10,
    10,
    null,
  ]);
  const { titles, rows: lines } = shortTable(table, ['events', 'milestone.pid1']);
  expect(titles).toEqual(['protocol', 'n', 'outcomes', 'events', 'pid1 ms']);
  expect(lines[0]!.at(-2)).toBe('75 (50..100, sd 35.36)');
});

test('a cell has the figures and the digest of the run that it is', () => {
  const plan = planSweep({
    scenario: 'smi-heavy',
    protocols: ['v5.18'],
    seeds: '4',
    parameters: { smis: 5 },
    scheduler: 'random',
  });
  const result = runCell(plan.groups[0]!.manifest, () => true);
  const run = simulation({
    scenario: 'smi-heavy',
    protocol: 'v5.18',
    seed: 4,
    parameters: { smis: 5 },
    scheduler: 'random',
    recording: 'full',
  });
  runToEnd(run);
  const progress = run.progress();
  expect(result).toMatchObject({ outcome: 'completed', fullDigest: progress.fullDigest });
  expect(result!.values).toEqual(metricValues(progress));
  expect(result!.values).toMatchObject({ rootAllocations: progress.rootAllocations, smis: 5 });
});

test('a cell that is told to stop has no result', () => {
  const plan = planSweep({ scenario: 'boot', protocols: ['v5.18'], seeds: '1' });
  const asked: number[] = [];
  const result = runCell(plan.groups[0]!.manifest, (events) => {
    asked.push(events);
    return asked.length < 2;
  });
  expect(result).toBeNull();
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBeGreaterThan(asked[0]!);
});
