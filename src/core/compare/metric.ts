// A figure of a session: its group, name, unit and value.

export const METRIC_GROUPS = [
  'outcome',
  'milestones',
  'roots',
  'references',
  'zaps',
  'faults',
  'exits',
  'time',
  'locks',
  'findings',
] as const;
export type MetricGroup = (typeof METRIC_GROUPS)[number];

export interface Metric {
  readonly group: MetricGroup;
  readonly name: string;
  readonly unit: string;
  /** Null: not recorded, or it did not come to that. */
  readonly value: number | string | null;
}
