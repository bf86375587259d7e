// (a) The simulation alone, on one thread: columns and both digests, rows thrown away.
import type { Manifest } from '../src/core/run/contract.js';
import { buildSimulation } from '../src/sessions/build-simulation.js';
import { type Figure, median } from './figures.js';
import { describe, workload } from './workload.js';

const STEPS_AT_ONCE = 500_000;
const RUNS = 3;

interface Rate {
  readonly perSecond: number;
  /** Per second of this process's CPU time: what a busy machine leaves comparable. */
  readonly perCpuSecond: number;
}

function rateOf(manifest: Manifest): Rate {
  const simulation = buildSimulation(manifest, { snapshots: false });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  let events = 0;
  while (simulation.outcome === null) {
    for (const chunk of simulation.advance(STEPS_AT_ONCE)) events = chunk.progress.ordinal;
  }
  if (simulation.outcome !== 'completed') throw new Error(`the workload ended as ${simulation.outcome}`);
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: events / ((performance.now() - begun) / 1_000),
    perCpuSecond: events / ((user + system) / 1e6),
  };
}

export function measureSimulation(events: number): Figure[] {
  const figures: Figure[] = [];
  const add = (name: string, manifest: Manifest, atLeast: number | null, aim: number | null): void => {
    const rates = Array.from({ length: RUNS }, () => rateOf(manifest));
    const cpu = Math.round(median(rates.map((rate) => rate.perCpuSecond)) / 1_000);
    figures.push({
      section: 'sim',
      name,
      value: median(rates.map((rate) => rate.perSecond)),
      unit: 'events/s',
      target: atLeast === null ? null : { atLeast },
      aim,
      note: `${describe(manifest)}; median of ${RUNS}; ${cpu} k events a CPU second`,
    });
  };
  rateOf(workload(events / 10));
  add('columns + digest, no invariants', workload(events), 3_000_000, 8_000_000);
  add('the same at lifecycle', workload(events, { recording: 'lifecycle' }), null, null);
  add('columns + digest, all invariants', workload(events, { invariants: true }), 1_500_000, null);
  return figures;
}
