// A recording and a simulated run of the same script: what the recording knows stands beside the simulated figures, the rest is
// unknown; both on one clock, in curves, matched steps, and in one exported file.
import { expect, test } from 'vitest';
import { oneClock, shiftsOf } from '../../../src/core/compare/one-clock.js';
import { RecordedMatching } from '../../../src/core/compare/recorded.js';
import { SeriesCollector } from '../../../src/core/compare/series.js';
import { SessionMetrics } from '../../../src/core/compare/session-metrics.js';
import { metricsTable } from '../../../src/core/compare/side-by-side.js';
import { E } from '../../../src/core/events/catalogue.js';
import { ChromeSink } from '../../../src/core/exports/chrome-json.js';
import { TrackEvents } from '../../../src/core/exports/track-events.js';
import { TraceImport } from '../../../src/core/imports/trace-import.js';
import type { RowChunk } from '../../../src/core/imports/trace-rows.js';
import type { DictionaryEntry, Manifest, RunChunk, StoredColumns } from '../../../src/core/run/contract.js';
import { createManifest } from '../../../src/core/run/manifest.js';
import { FrameReader } from '../../../src/core/traces/frames/frame-reader.js';
import { concatColumns, runToEnd, simulation } from '../../support/harness.js';
import { textOf } from '../imports/support.js';

type Site = Extract<DictionaryEntry, { kind: 'site' }>;

function recording(
  name: string,
  lostAt: number | null = null,
): { rows: StoredColumns; sites: Site[]; threads: Map<number, string> } {
  const chunks: RowChunk[] = [];
  const trace = new TraceImport({
    kernel: null,
    kprobeMisses: new Map(),
    onBegin: () => undefined,
    onRows: (chunk) => chunks.push(chunk),
    onLines: () => undefined,
  });
  const reader = new FrameReader((frame) => trace.frame(frame));
  const lines = textOf(name).split('\n');
  if (lostAt !== null) lines.splice(lostAt, 0, 'CPU:1 [LOST 7 EVENTS]');
  reader.push(lines.join('\n'));
  reader.end();
  const { names } = trace.end();
  const entries = [...chunks.flatMap((chunk) => chunk.names), ...names].map(({ entry }) => entry);
  return {
    rows: concatColumns(chunks as unknown as RunChunk[]),
    sites: entries.flatMap((entry) => (entry.kind === 'site' ? [entry] : [])),
    threads: new Map(
      entries.flatMap((entry) => (entry.kind === 'thread' ? [[entry.id, entry.name] as const] : [])),
    ),
  };
}

function simulated(protocol: string): StoredColumns {
  return concatColumns(runToEnd(simulation({ scenario: 'smi', protocol })));
}

const REAL = recording('6.1.192/smi.trace.txt.gz');
const TRACE_MANIFEST = {
  ...createManifest({ scenario: 'smi', protocol: 'v5.18' }),
  scenario: 'trace',
} as Manifest;
const firstOf = (rows: StoredColumns, type: number): number | null => {
  const at = rows.type.indexOf(type);
  return at < 0 ? null : rows.timeNs[at]!;
};
const clockOf = (...of: readonly StoredColumns[]) =>
  oneClock(
    of.map((rows) => [E.RootAllocated!, E.VcpuEntered!, E.VmCreated!].map((type) => firstOf(rows, type))),
  );

function matched(other: StoredColumns) {
  const clock = clockOf(REAL.rows, other);
  const observed = new Set(
    REAL.sites.filter(({ label }) => label.startsWith('observed')).map(({ id }) => id),
  );
  const matching = new RecordedMatching(0, (site) => observed.has(site), [
    clock.zeroNs[0]!,
    clock.zeroNs[1]!,
  ]);
  matching.take(0, REAL.rows, REAL.rows.length, 1);
  matching.take(1, other, other.length, 1);
  return matching.result()!;
}

test('the fixed kernel and its profile differ in what the host did, an unfixed protocol in the roots', () => {
  const own = matched(simulated('6.1.192'));
  expect(own.matched).toBeGreaterThan(500);
  // An interrupt of the host, with the entry behind it; and the reset of KVM_SET_CPUID2.
  expect(own.onlyIn).toEqual([
    [
      { type: 'VcpuEntered', steps: 1 },
      { type: 'VcpuExited', steps: 1 },
    ],
    [{ type: 'ContextReset', steps: 1 }],
  ]);
  expect(own.matches[0]).toMatchObject({ type: 'RootAllocated', occurrence: 1, timesNs: [0, 0] });
  expect(own.matches.filter(({ type }) => type === 'SmmEntered')).toHaveLength(20);
  const other = matched(simulated('v5.18'));
  expect(other.onlyIn[1]).toContainEqual({ type: 'RootAllocated', steps: 39 });
});

test('what the lines do not show is unknown, and never 0', () => {
  const metrics = new SessionMetrics(TRACE_MANIFEST, null);
  metrics.feed(REAL.rows, 0, REAL.rows.length);
  const run = new SessionMetrics(createManifest({ scenario: 'smi', protocol: '6.1.192' }), null);
  const rows = simulated('6.1.192');
  run.feed(rows, 0, rows.length);
  const table = metricsTable([metrics.metrics(), run.metrics()], true, [true, false]);
  const of = (name: string) => table.rows.find((row) => row.name === name)?.values;
  expect(of('root allocations')).toEqual([2, 2]);
  expect(of('root allocations for SMM')).toEqual([1, 1]);
  expect(of('EPT violations')?.[0]).toBe(of('EPT violations')?.[1]);
  expect(of('yields to a waiter')).toEqual(['unknown', 0]);
  expect(of('findings')?.[0]).toBe('unknown');
  expect(of('mmu_lock write held, p50')?.[0]).toBe('unknown');
  const zeros = table.rows.filter(({ values }) => values[0] === 0).map(({ name }) => name);
  expect(zeros).toEqual([]);
});

test('curves of both begin where both have their first root', () => {
  const rows = simulated('6.1.192');
  const clock = clockOf(REAL.rows, rows);
  expect(clock.origin).toBe('RootAllocated');
  expect(Math.min(...shiftsOf(clock))).toBe(0);
  const curves = [REAL.rows, rows].map((of, k) => {
    const series = new SeriesCollector(4, 10_000_000, 'full', k === 0, clock.zeroNs[k]);
    series.feed(of, 0, of.length);
    return series.series().values;
  });
  // The recorded guest's first SMI is 29.7 ms behind its first root, the simulated one's 0.08 ms.
  expect(curves.map(({ rootAllocations }) => rootAllocations)).toEqual([
    [1, 1, 1, 2],
    [2, 2, 2, 2],
  ]);
  expect(curves.map(({ lockWaitNs }) => lockWaitNs === null)).toEqual([true, false]);
});

test('one file of two sessions: one moment for both first roots, inferred and lost is said', () => {
  const rows = simulated('6.1.192');
  const lost = recording('6.1.192/smi.trace.txt.gz', 600);
  const clock = clockOf(REAL.rows, rows, lost.rows);
  const shifts = shiftsOf(clock);
  const text = [REAL.rows, rows, lost.rows].map((columns, index) => {
    const sink = new ChromeSink({ index, of: 3 });
    const of = index === 0 ? REAL : index === 2 ? lost : null;
    const sites = of?.sites ?? [];
    const tracks = new TrackEvents(sink, {
      title: `session ${index + 1}`,
      details: [],
      recording: 'full',
      threads: of?.threads ?? new Map(),
      sites,
      from: 1,
      shiftNs: shifts[index]!,
      ...(of === null
        ? {}
        : {
            inferred: new Set(sites.filter(({ label }) => label.startsWith('inferred')).map(({ id }) => id)),
          }),
    });
    tracks.take(columns, columns.length, 1);
    tracks.finish();
    return sink.finish();
  });
  const { traceEvents } = JSON.parse(text.join('')) as {
    traceEvents: { ph: string; name?: string; pid: number; ts?: number }[];
  };
  const births = traceEvents.filter(({ ph, name }) => ph === 'B' && name?.startsWith('root 1 ('));
  expect(births.slice(0, 2).map(({ ts }) => ts)).toEqual([births[0]!.ts, births[0]!.ts]);
  expect(new Set(births.map(({ pid }) => pid)).size).toBe(births.length);
  const names = new Set(traceEvents.map(({ name }) => name));
  expect([...names].filter((name) => name?.includes('(inferred)')).length).toBeGreaterThan(0);
  expect([...names].some((name) => /^gap: 7 events lost on CPU 1$/.test(name ?? ''))).toBe(true);
  expect(names).toContain('unknown: events were lost');
});
