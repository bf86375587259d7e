// What a session came to, as a flat list of named numbers: rows give most of it, the run's own counts what a `lifecycle`
// recording does not keep. Null: not recorded. The same list for every session, so that they can stand side by side.
import { E, IS_LIFECYCLE } from '../events/catalogue.js';
import { EXIT_NAMES } from '../events/constants.js';
import { RootPressure } from '../projections/root-pressure.js';
import type { EventRows } from '../projections/rows.js';
import { RunSummary } from '../projections/run-summary.js';
import type { Manifest, RunProgress } from '../run/contract.js';
import { isTrace } from '../run/trace-session.js';
import type { Percentiles } from './histogram.js';
import { Latencies } from './latencies.js';
import type { Metric, MetricGroup } from './metric.js';
import { recordedMetrics } from './recorded-metrics.js';

/** Invariants that are counted one by one. */
const INVARIANTS = 256;

export class SessionMetrics {
  private readonly summary = new RunSummary();
  private readonly pressure = new RootPressure();
  private readonly latencies = new Latencies();
  private readonly findings = new Float64Array(INVARIANTS);
  private live = 0;
  private peakLive = 0;

  constructor(
    private readonly manifest: Manifest,
    private readonly progress: RunProgress | null,
  ) {}

  /** Takes rows [from, to). */
  feed(rows: EventRows, from: number, to: number): void {
    this.summary.feed(rows, from, to);
    this.pressure.feed(rows, from, to);
    this.latencies.feed(rows, from, to);
    for (let i = from; i < to; i++) {
      const type = rows.type[i];
      if (type === E.RootAllocated) this.peakLive = Math.max(this.peakLive, ++this.live);
      else if (type === E.RootFreed) this.live--;
      else if (type === E.Finding) this.findings[rows.a[i] & (INVARIANTS - 1)]++;
    }
  }

  metrics(): Metric[] {
    const metrics = this.counted();
    if (!isTrace(this.manifest)) return metrics;
    const f = this.summary.figures();
    const shown = {
      births: f.rootAllocations > 0,
      puts: sum(f.putsByHolder) > 0,
      exits: sum(f.exitsByReason) > 0,
      faults: f.faultsFixed > 0,
    };
    return recordedMetrics(metrics, shown, f.lastTimeNs);
  }

  private counted(): Metric[] {
    const { progress } = this;
    const full = this.manifest.recording === 'full';
    const f = this.summary.figures();
    const p = this.pressure.figures();
    const l = this.latencies.figures();
    const counts = progress?.counts ?? {};
    const out: Metric[] = [];
    const add = (group: MetricGroup, name: string, value: Metric['value'], unit = ''): void =>
      void out.push({ group, name, unit, value });
    /** From the rows, or where they are not all kept from what the run counted. */
    const counted = (type: number, count: number, key: string): number | null =>
      full || IS_LIFECYCLE[type] === 1 ? count : (counts[key] ?? null);

    add('outcome', 'outcome', progress?.outcome ?? null);
    add('outcome', 'events', progress?.ordinal ?? f.events);
    add('outcome', 'virtual time', progress?.timeNs ?? f.lastTimeNs, 'ns');
    for (const { milestone, timeNs } of f.milestones) add('milestones', milestone, timeNs, 'ns');

    add('roots', 'root allocations', f.rootAllocations);
    add('roots', 'root allocations for SMM', f.smmRootAllocations);
    add('roots', 'roots freed', f.rootsFreed);
    add('roots', 'most roots alive at once', this.peakLive);
    add('roots', 'most valid roots at once', p.peakValidRoots);
    add('roots', 'root loads', p.rootLoads);
    add('roots', 'root loads that waited', p.rootLoadsThatWaited);
    add('roots', 'worst wait for a root', p.worstRootLoadNs, 'ns');
    add('references', 'gets', sum(f.getsByHolder));
    for (const [holder, n] of Object.entries(f.getsByHolder)) add('references', `gets, ${holder}`, n);
    add('references', 'gets refused', f.getsRefused);
    add('references', 'puts', sum(f.putsByHolder));
    for (const [holder, n] of Object.entries(f.putsByHolder)) add('references', `puts, ${holder}`, n);
    add('references', 'last puts of valid roots', f.lastPutsOfValidRoots);
    add('references', 'resurrections', f.resurrections);
    add('zaps', 'invalidations', f.invalidations);
    add('zaps', 'zaps', f.zaps);
    add('zaps', 'fast zaps', f.fastZaps);
    percentiles(add, 'zaps', 'zap', l.zapNs);
    add('zaps', 'zaps at once', p.zapsAtOnce);

    add('faults', 'EPT violations', full ? f.eptViolations : (counts['eptViolations'] ?? null));
    add('faults', 'faults fixed', counted(E.FaultFixed, f.faultsFixed, 'faultsFixed'));
    add('faults', 'faults spurious', counted(E.FaultSpurious, f.faultsSpurious, 'faultsSpurious'));
    add('faults', 'faults retried', counted(E.FaultRetried, sum(f.faultsRetriedBy), 'faultsRetried'));
    add('faults', 'faults emulated', full ? f.faultsEmulated : null);
    EXIT_NAMES.forEach((name) => {
      const n = full ? f.exitsByReason[name] : counts[`exit.${name}`];
      if (n !== undefined && n > 0) add('exits', `exits, ${name}`, n);
    });
    for (const [cause, n] of Object.entries(f.resetsByCause)) add('exits', `context resets, ${cause}`, n);

    for (const account of ['guest', 'host', 'outer'])
      add('time', `${account} time`, counts[`${account}Ns`] ?? null, 'ns');

    add('locks', 'waits', f.lockContentions);
    add('locks', 'yields to a waiter', f.lockYields);
    for (const { lock, mode, heldNs, waitedNs } of l.locks) {
      percentiles(add, 'locks', `${lock} ${mode} held`, full ? heldNs : null);
      percentiles(add, 'locks', `${lock} ${mode} wait`, full ? waitedNs : null);
    }

    add('findings', 'findings', f.findings);
    this.findings.forEach((n, invariant) => {
      if (n > 0) add('findings', `I${invariant} broken`, n);
    });
    add('findings', 'kernel assertions', f.assertions);
    return out;
  }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}

function percentiles(
  add: (group: MetricGroup, name: string, value: number, unit: string) => void,
  group: MetricGroup,
  name: string,
  p: Percentiles | null,
): void {
  if (p === null) return;
  add(group, `${name}, count`, p.count, '');
  add(group, `${name}, p50`, p.p50, 'ns');
  add(group, `${name}, p90`, p.p90, 'ns');
  add(group, `${name}, p99`, p.p99, 'ns');
  add(group, `${name}, longest`, p.max, 'ns');
  add(group, `${name}, sum`, p.sum, 'ns');
}
