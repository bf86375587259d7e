// What the cells of a sweep came to, group by group. Cells are taken in their order, so that the same cells give the same
// numbers to the last bit.
import { Digest } from '../base/digest.js';
import { figureOf, findMetric, METRICS, type MetricValues } from './metrics.js';
import type { SweepPlan } from './plan.js';

/** What is kept of one finished run. */
export interface CellResult {
  /** Outcome of the run; `cancelled` and `failed` have no figures. */
  readonly outcome: string;
  /** Why it failed, or which limit it met. */
  readonly reason: string | null;
  /** Digest over all events; empty where there is none. */
  readonly fullDigest: string;
  /** Null: the run failed. */
  readonly values: MetricValues | null;
  /** The stored session, where it was recorded. */
  readonly sessionId: string | null;
}

export interface Statistics {
  /** Cells that have such a figure. */
  readonly n: number;
  readonly sum: number | null;
  readonly mean: number | null;
  readonly min: number | null;
  readonly max: number | null;
  /** Standard deviation of the sample (n - 1); null below two cells. */
  readonly stddev: number | null;
}

export interface TableMetric extends Statistics {
  readonly metric: string;
  readonly unit: string;
}

export interface TableGroup {
  /** From 1. */
  readonly group: number;
  readonly protocol: string;
  readonly settings: { readonly [axis: string]: string | number };
  readonly cells: number;
  readonly finished: number;
  /** How many cells ended how. */
  readonly outcomes: { readonly [outcome: string]: number };
  /** Over the digests of its cells in their order; null until all have finished. */
  readonly digest: string | null;
  readonly metrics: readonly TableMetric[];
}

export interface SweepTable {
  readonly scenario: string;
  readonly axes: readonly string[];
  readonly seeds: string;
  /** Every cell has finished: the same manifest gives this table again, byte for byte. */
  readonly complete: boolean;
  readonly cells: number;
  readonly finished: number;
  readonly groups: readonly TableGroup[];
}

export const OUTCOME = 'outcome.';

/** @param results by cell number; missing: not finished */
export function sweepTable(plan: SweepPlan, results: readonly (CellResult | undefined)[]): SweepTable {
  const metrics = plan.manifest.metrics ?? occurring(results);
  const outcomes = [...new Set(results.flatMap((r) => (r === undefined ? [] : [r.outcome])))].toSorted();
  const { seeds } = plan;
  const groups = plan.groups.map((group, g): TableGroup => {
    const cells = Array.from({ length: seeds.length }, (_, k) => results[g * seeds.length + k]);
    const done = cells.filter((cell) => cell !== undefined);
    return {
      group: g + 1,
      protocol: group.protocol,
      settings: group.settings,
      cells: cells.length,
      finished: done.length,
      outcomes: Object.fromEntries(
        outcomes
          .map((outcome) => [outcome, done.filter((cell) => cell.outcome === outcome).length] as const)
          .filter(([, count]) => count > 0),
      ),
      digest: done.length === cells.length ? digestOf(done) : null,
      metrics: [
        ...outcomes.map((outcome) => ({
          metric: OUTCOME + outcome,
          unit: 'cells',
          ...statistics(done.map((cell) => (cell.outcome === outcome ? 1 : 0))),
        })),
        ...metrics.map((name) => ({
          metric: name,
          unit: findMetric(name).unit,
          ...statistics(
            done.flatMap(({ values }) => {
              const value = values === null ? null : figureOf(values, name);
              return value === null ? [] : [value];
            }),
          ),
        })),
      ],
    };
  });
  const finished = groups.reduce((n, group) => n + group.finished, 0);
  return {
    scenario: plan.manifest.scenario,
    axes: plan.axes.map(({ name }) => name),
    seeds: plan.manifest.seeds,
    complete: finished === plan.cells,
    cells: plan.cells,
    finished,
    groups,
  };
}

/** Those that are not 0 in every cell, and those that belong into every table. */
function occurring(results: readonly (CellResult | undefined)[]): string[] {
  const seen = new Set<string>();
  for (const result of results) {
    for (const name of Object.keys(result?.values ?? {})) seen.add(name);
  }
  return METRICS.filter(({ name, always }) => always || seen.has(name)).map(({ name }) => name);
}

/** Two passes: a sum of squares would lose the digits that a small spread of large numbers has. */
export function statistics(values: readonly number[]): Statistics {
  const n = values.length;
  if (n === 0) return { n, sum: null, mean: null, min: null, max: null, stddev: null };
  const sum = values.reduce((a, b) => a + b, 0);
  const mean = sum / n;
  const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return {
    n,
    sum,
    mean,
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
    stddev: n < 2 ? null : Math.sqrt(squares / (n - 1)),
  };
}

function digestOf(cells: readonly CellResult[]): string {
  const digest = new Digest();
  for (const { outcome, fullDigest } of cells) digest.text(`${outcome} ${fullDigest}`);
  return digest.hex();
}
