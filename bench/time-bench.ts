// What the cases of time travel are given, and how latencies become figures.
import type { InspectionService } from '../src/sessions/inspection.service.js';
import type { SqliteEventStore } from '../src/store/sqlite/sqlite-event-store.js';
import type { Figure } from './figures.js';

export interface TimeBench {
  readonly store: SqliteEventStore;
  readonly inspections: InspectionService;
  readonly sessionId: string;
  /** Position of the last event. */
  readonly events: number;
  readonly note: string;
  /** A whole number from 0 to below - 1; the same sequence in every run. */
  readonly random: (below: number) => number;
}

/** Milliseconds of each call, after some that are not counted. */
export async function latenciesMs(calls: number, call: (k: number) => Promise<unknown>): Promise<number[]> {
  const WARM_UP = 20;
  const took: number[] = [];
  for (let k = -WARM_UP; k < calls; k++) {
    const begun = performance.now();
    await call(k);
    if (k >= 0) took.push(performance.now() - begun);
  }
  return took.toSorted((a, b) => a - b);
}

export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** p99 against its target, and the median for information. */
export function latencyFigures(
  name: string,
  sorted: readonly number[],
  atMost: number,
  aim: number | null,
  note: string,
): Figure[] {
  const common = { section: 'time', unit: 'ms' } as const;
  return [
    {
      ...common,
      name: `${name}, p99`,
      value: quantile(sorted, 0.99),
      target: { atMost },
      aim,
      note: `${sorted.length} calls; ${note}`,
    },
    { ...common, name: `${name}, median`, value: quantile(sorted, 0.5), target: null, aim: null, note: '' },
  ];
}
