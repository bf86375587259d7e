// A sweep's table as flat rows, one for each group and metric: what CSV and Parquet hold. And the form for people.
import type { SweepTable, TableGroup, TableMetric } from './table.js';
import { OUTCOME } from './table.js';

export type ColumnKind = 'text' | 'integer' | 'real';

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  of(row: TableRow): string | number | null;
}

export interface TableRow {
  readonly table: SweepTable;
  readonly group: TableGroup;
  readonly metric: TableMetric;
}

export function tableRows(table: SweepTable): TableRow[] {
  return table.groups.flatMap((group) => group.metrics.map((metric) => ({ table, group, metric })));
}

export function tableColumns(table: SweepTable): TableColumn[] {
  const axis = (name: string): TableColumn => ({
    name,
    kind: table.groups.some(({ settings }) => typeof settings[name] === 'string') ? 'text' : 'integer',
    of: ({ group }) => group.settings[name],
  });
  const figure = (name: 'sum' | 'mean' | 'min' | 'max' | 'stddev'): TableColumn => ({
    name,
    kind: 'real',
    of: ({ metric }) => metric[name],
  });
  return [
    { name: 'group', kind: 'integer', of: ({ group }) => group.group },
    { name: 'scenario', kind: 'text', of: () => table.scenario },
    { name: 'protocol', kind: 'text', of: ({ group }) => group.protocol },
    ...table.axes.map(axis),
    { name: 'cells', kind: 'integer', of: ({ group }) => group.cells },
    { name: 'metric', kind: 'text', of: ({ metric }) => metric.metric },
    { name: 'unit', kind: 'text', of: ({ metric }) => metric.unit },
    { name: 'n', kind: 'integer', of: ({ metric }) => metric.n },
    ...(['sum', 'mean', 'min', 'max', 'stddev'] as const).map(figure),
  ];
}

/** What a table for people shows where no metric was asked for by name. */
const SHOWN = [
  'timeNs',
  'rootAllocations',
  'eptViolations',
  'findings',
  'milestone.pid1',
  'milestone.console',
];

/** Titles and rows; figures as mean, and behind it the range where the cells differ. */
export function shortTable(
  table: SweepTable,
  metrics: readonly string[] | null,
): { readonly titles: string[]; readonly rows: (string | number | null)[][] } {
  const present = table.groups[0]?.metrics.map(({ metric }) => metric) ?? [];
  const shown = (metrics ?? SHOWN).filter((name) => present.includes(name));
  return {
    titles: ['protocol', ...table.axes, 'n', 'outcomes', ...shown.map(titleOf)],
    rows: table.groups.map((group) => [
      group.protocol,
      ...table.axes.map((name) => group.settings[name]),
      group.finished,
      Object.entries(group.outcomes)
        .map(([outcome, count]) => (count === group.finished ? outcome : `${count} ${outcome}`))
        .join(', '),
      ...shown.map((name) => cellText(group.metrics.find(({ metric }) => metric === name)!)),
    ]),
  };
}

const isTime = (metric: string): boolean => /Ns$|^milestone\./.test(metric) && !metric.startsWith(OUTCOME);

function titleOf(metric: string): string {
  if (!isTime(metric)) return metric;
  return `${metric.replace(/Ns$/, '').replace(/^milestone\./, '')} ms`;
}

function cellText({ metric, n, mean, min, max, stddev }: TableMetric): string | null {
  if (n === 0 || mean === null) return null;
  const show = isTime(metric)
    ? (x: number): string => (x / 1e6).toFixed(3)
    : (x: number): string => String(Math.round(x * 100) / 100);
  if (min === max || stddev === null) return show(mean);
  return `${show(mean)} (${show(min!)}..${show(max!)}, sd ${show(stddev)})`;
}
