// Parameters and figures of several sessions as rows of a table, those that are the same in all of them left out unless all
// are wanted.
import type { Manifest } from '../run/contract.js';
import { METRIC_GROUPS, type Metric } from './metric.js';
import { UNKNOWN } from './recorded-metrics.js';

export type Cell = number | string | boolean | null;

export interface SideRow {
  /** `manifest`, `parameter`, `cost`, `limit`; or the group of a figure. */
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  /** One a session; null: the session has no such value, or its recording did not keep it. */
  readonly values: readonly Cell[];
}

export interface SideTable {
  readonly rows: readonly SideRow[];
  /** Rows left out because every session has the same. */
  readonly same: number;
}

const MANIFEST_FIELDS = [
  'scenario',
  'protocol',
  'protocolDigest',
  'seed',
  'scheduler',
  'recording',
  'invariants',
  'engine',
  'eventSchema',
] as const satisfies readonly (keyof Manifest)[];

export function parametersTable(manifests: readonly Manifest[], all: boolean): SideTable {
  const rows: SideRow[] = MANIFEST_FIELDS.map((name) => ({
    group: 'manifest',
    name,
    unit: '',
    values: manifests.map((manifest) => manifest[name]),
  }));
  for (const [group, of] of [
    ['parameter', 'parameters'],
    ['cost', 'costs'],
    ['limit', 'limits'],
  ] as const) {
    const names = new Set(manifests.flatMap((manifest) => Object.keys(manifest[of])));
    for (const name of [...names].sort()) {
      rows.push({
        group,
        name,
        unit: group === 'cost' ? 'ns' : '',
        values: manifests.map((manifest) => manifest[of][name] ?? null),
      });
    }
  }
  return differing(rows, all);
}

/** A figure that a session did not come to is 0 where it counts something, else null; unknown where it is a recording. */
export function metricsTable(
  sessions: readonly (readonly Metric[])[],
  all: boolean,
  recorded: readonly boolean[] = [],
): SideTable {
  const rows = new Map<string, { metric: Metric; order: number; values: Cell[] }>();
  sessions.forEach((metrics, k) => {
    metrics.forEach((metric, order) => {
      const key = `${metric.group} ${metric.name}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = {
          metric,
          order,
          values: sessions.map((_, n) => (recorded[n] === true ? UNKNOWN : absent(metric))),
        };
        rows.set(key, row);
      }
      row.values[k] = metric.value;
    });
  });
  const sorted = [...rows.values()].sort(
    (x, y) =>
      METRIC_GROUPS.indexOf(x.metric.group) - METRIC_GROUPS.indexOf(y.metric.group) || x.order - y.order,
  );
  return differing(
    sorted.map(({ metric: { group, name, unit }, values }) => ({ group, name, unit, values })),
    all,
  );
}

/** Counts by name (gets by holder, exits by reason) are listed only where there are any. */
function absent(metric: Metric): Cell {
  return metric.unit === '' && typeof metric.value === 'number' && metric.group !== 'locks' ? 0 : null;
}

function differing(rows: readonly SideRow[], all: boolean): SideTable {
  const kept = all ? rows : rows.filter(({ values }) => values.some((value) => value !== values[0]));
  return { rows: kept, same: rows.length - kept.length };
}
