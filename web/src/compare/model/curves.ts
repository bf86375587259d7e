// A comparison's curves as columns for the chart: each session's own curve up to its end, then a level line to where the
// longest ends. What a logarithmic scale cannot show is left out.
import type { Comparison } from '../../api/schema.js';
import type { CurveName } from './address.js';
import { metric } from './figures.js';

type Column = (number | null)[];

export interface Curves {
  readonly doc: string;
  readonly unit: string;
  readonly timesNs: readonly number[];
  /** One a session; null: its recording did not keep it. */
  readonly live: readonly (Column | null)[];
  /** After its end. */
  readonly after: readonly (Column | null)[];
  readonly endsNs: readonly number[];
  readonly most: number;
}

export function curvesOf(comparison: Comparison, name: CurveName, log: boolean): Curves | null {
  const { series } = comparison;
  const curve = series?.curves.find((one) => one.name === name);
  if (series === null || curve === undefined) return null;
  const last = series.timesNs.at(-1) ?? 0;
  const ends = metric(comparison, 'virtual time')?.values ?? [];
  const endsNs = comparison.sessions.map((_, i) => {
    const end = ends[i];
    return typeof end === 'number' ? end : last;
  });
  const shown = (value: number): number | null => (log && value < 1 ? null : value);
  // Every curve begins at nothing.
  const timesNs = [0, ...series.timesNs];
  const column = (values: readonly number[] | null, keep: (ns: number) => boolean): Column | null =>
    values === null ? null : timesNs.map((ns, i) => (keep(ns) ? shown(i === 0 ? 0 : values[i - 1]) : null));
  const step = series.timesNs[0] ?? 0;
  return {
    doc: curve.doc,
    unit: curve.unit,
    timesNs,
    live: curve.values.map((values, i) => column(values, (ns) => ns < endsNs[i] + step)),
    after: curve.values.map((values, i) => column(values, (ns) => ns >= endsNs[i])),
    endsNs,
    most: Math.max(1, ...curve.values.flatMap((values) => values ?? [])),
  };
}

/** Index of the point that says what was at a time. */
export function pointAt(timesNs: readonly number[], ns: number): number {
  const found = timesNs.findIndex((at) => at >= ns);
  return found < 0 ? timesNs.length - 1 : found;
}
