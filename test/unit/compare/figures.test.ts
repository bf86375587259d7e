// Figures that stand side by side: percentiles, latencies, curves, and what is left out because it is the same.
import { expect, test } from 'vitest';
import { comparedSeries, whyNotAligned } from '../../../src/core/compare/comparison.js';
import { Histogram } from '../../../src/core/compare/histogram.js';
import { Latencies } from '../../../src/core/compare/latencies.js';
import { SeriesCollector } from '../../../src/core/compare/series.js';
import { SessionMetrics } from '../../../src/core/compare/session-metrics.js';
import { metricsTable, parametersTable } from '../../../src/core/compare/side-by-side.js';
import { E } from '../../../src/core/events/catalogue.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';

test('a percentile lies at most 0.8 % below the true one, whatever the size', () => {
  let random = 7;
  const values = Array.from({ length: 5_000 }, () => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(10 ** ((random / 2 ** 32) * 15));
  });
  const histogram = new Histogram();
  expect(histogram.percentiles()).toBeNull();
  for (const value of values) histogram.add(value);
  const sorted = values.toSorted((a, b) => a - b);
  const p = histogram.percentiles()!;
  for (const [q, found] of [
    [0.5, p.p50],
    [0.9, p.p90],
    [0.99, p.p99],
  ] as const) {
    const truth = sorted[Math.ceil(q * sorted.length) - 1];
    expect(found).toBeLessThanOrEqual(truth);
    expect(found).toBeGreaterThanOrEqual(truth * 0.992 - 1);
  }
  expect(p).toMatchObject({ count: 5_000, max: sorted.at(-1) });
  const one = new Histogram();
  one.add(123_456_789);
  expect(one.percentiles()).toMatchObject({ p50: 123_456_789, p99: 123_456_789, max: 123_456_789 });
});

const busy = () => {
  const sim = simulation({ scenario: 'busy', protocol: 'v5.18', seed: 1, limits: { events: 20_000 } });
  return { columns: concatColumns(runToEnd(sim)), manifest: sim.manifest, progress: sim.progress() };
};

test('waits and curves add up to what the rows say, however they are cut', () => {
  const { columns } = busy();
  const endNs = columns.timeNs.at(-1)!;
  const waits = new Map<string, number>();
  const sums = { waitNs: 0, waits: 0, roots: 0, live: 0, most: 0, faults: 0 };
  for (let i = 0; i < columns.length; i++) {
    const key = `${columns.thread[i]} ${columns.subject[i]}`;
    if (columns.type[i] === E.LockContended) waits.set(key, columns.timeNs[i]);
    if (columns.type[i] === E.LockAcquired && waits.has(key)) {
      sums.waits++;
      sums.waitNs += columns.timeNs[i] - waits.get(key)!;
      waits.delete(key);
    }
    if (columns.type[i] === E.RootAllocated) {
      sums.roots++;
      sums.most = Math.max(sums.most, ++sums.live);
    }
    if (columns.type[i] === E.RootFreed) sums.live--;
    if (columns.type[i] === E.FaultBegun) sums.faults++;
  }
  expect(Math.min(sums.waits, sums.roots, sums.faults)).toBeGreaterThan(0);
  const latencies = new Latencies();
  const series = new SeriesCollector(50, endNs / 50, 'full');
  for (let at = 0; at < columns.length; at += 777) {
    const to = Math.min(columns.length, at + 777);
    latencies.feed(columns, at, to);
    series.feed(columns, at, to);
  }
  const waited = latencies.figures().locks.map(({ waitedNs }) => waitedNs);
  expect(waited.reduce((n, p) => n + (p?.count ?? 0), 0)).toBe(sums.waits);
  expect(waited.reduce((n, p) => n + (p?.sum ?? 0), 0)).toBe(sums.waitNs);
  const { values } = series.series();
  expect(values.rootAllocations?.at(-1)).toBe(sums.roots);
  expect(values.lockWaitNs?.at(-1)).toBe(sums.waitNs);
  expect(values.faults?.at(-1)).toBe(sums.faults);
  expect(Math.max(...values.liveRoots!)).toBe(sums.most);
  expect(comparedSeries(50, endNs / 50, [series.series()]).timesNs.at(-1)).toBe(endNs);
  expect(new SeriesCollector(10, 1, 'lifecycle').series().values).toMatchObject({
    faults: null,
    lockWaitNs: null,
  });
});

test('only what differs is listed, and how much was left out; a lifecycle recording has no lock times', () => {
  const { columns, manifest, progress } = busy();
  const metrics = new SessionMetrics(manifest, progress);
  metrics.feed(columns, 0, columns.length);
  const own = metrics.metrics();
  const changed = own.map((metric) =>
    metric.name === 'root allocations' ? { ...metric, value: 0 } : metric,
  );
  const few = metricsTable([own, changed], false);
  expect(few.rows).toMatchObject([
    { group: 'roots', name: 'root allocations', values: [expect.any(Number), 0] },
  ]);
  expect(metricsTable([own, changed], true).rows).toHaveLength(few.same + 1);
  const other = { ...manifest, seed: 2, costs: { ...manifest.costs, lockUncontended: 1 } };
  expect(parametersTable([manifest, other], false).rows.map(({ name }) => name)).toEqual([
    'seed',
    'lockUncontended',
  ]);
  const lifecycle = new SessionMetrics({ ...manifest, recording: 'lifecycle' }, progress).metrics();
  expect(lifecycle.some(({ name }) => name.includes('held'))).toBe(false);
  expect(lifecycle.find(({ name }) => name === 'faults fixed')?.value).toBe(progress.counts.faultsFixed);
});

test('why sessions cannot be aligned', () => {
  const busyRun = createManifest({ scenario: 'busy', protocol: 'v5.18' });
  const smi = createManifest({ scenario: 'smi', protocol: 'v5.18' });
  expect(whyNotAligned(busyRun, smi, true, 1)).toBe('differentScenarios');
  expect(whyNotAligned(smi, smi, false, 1)).toBe('differentTopologies');
  expect(whyNotAligned(smi, { ...smi, eventSchema: 99 }, true, 1)).toBe('differentEventSchemas');
  expect(whyNotAligned(smi, smi, null, 0)).toBe('noThreadInCommon');
  expect(whyNotAligned(smi, smi, null, 1)).toBeNull();
});
