// Figures side by side as text: a cell in its unit, how many times one is the other, what of a table differs, which figures
// are told first.
import type { Comparison } from '../../api/schema.js';
import { count, time } from '../../ui/format.js';

export type Row = Comparison['metrics']['rows'][number];
export type Cell = Row['values'][number];

export function cellText(value: Cell, unit: string): string {
  if (value === null) return '—';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value;
  if (unit === 'ns') return time(value);
  return Number.isInteger(value) ? count(value) : value.toPrecision(4);
}

/** `6,667×`; empty where it says nothing. */
export function timesText(a: Cell, b: Cell): string {
  if (typeof a !== 'number' || typeof b !== 'number' || a <= 0 || b <= 0 || a === b) return '';
  const ratio = a / b;
  if (ratio >= 10) return `${count(Math.round(ratio))}×`;
  return `${ratio.toFixed(ratio >= 0.1 ? 2 : 3)}×`;
}

export function differs({ values }: Row): boolean {
  return values.some((value) => value !== values[0]);
}

export interface Grouped {
  readonly group: string;
  readonly rows: readonly Row[];
}

/** In the order that the server has them. */
export function grouped(rows: readonly Row[]): Grouped[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups].map(([group, list]) => ({ group, rows: list }));
}

export function metric({ metrics }: Comparison, name: string): Row | null {
  return metrics.rows.find((row) => row.name === name) ?? null;
}

/** When each session reached the milestone, ns. */
export function reached({ series }: Comparison, milestone: string): (number | null)[] {
  return (series?.milestones ?? []).map(
    (list) => list.find((one) => one.milestone === milestone)?.timeNs ?? null,
  );
}
