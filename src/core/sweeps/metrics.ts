// The figures of a finished run that a sweep sums up: all are made from its events. A count that a run does not name is 0;
// a milestone that it did not reach is no figure of it.
import { BadInput } from '../base/errors.js';
import { EXIT_NAMES, MILESTONE_NAMES } from '../events/constants.js';
import { ACCOUNT_NAMES } from '../machine/time.js';
import type { RunProgress } from '../run/contract.js';
import { COUNTED_TYPES } from '../run/counted-types.js';
import { MAX_SWEEP_METRICS } from './limits.js';

export interface Metric {
  readonly name: string;
  readonly unit: 'ns' | 'events' | 'steps' | '';
  /** In every table, also where it is 0 throughout. */
  readonly always: boolean;
}

const metric = (name: string, unit: Metric['unit'] = '', always = false): Metric => ({ name, unit, always });

const MILESTONE = 'milestone.';

export const METRICS: readonly Metric[] = [
  metric('timeNs', 'ns', true),
  ...ACCOUNT_NAMES.map((name) => metric(`${name}Ns`, 'ns', true)),
  ...MILESTONE_NAMES.filter(Boolean).map((name) => metric(MILESTONE + name, 'ns')),
  metric('rootAllocations', '', true),
  metric('eptViolations', '', true),
  metric('findings', '', true),
  ...Object.keys(COUNTED_TYPES)
    .filter((name) => name !== 'rootAllocations')
    .map((name) => metric(name)),
  ...EXIT_NAMES.filter(Boolean).map((name) => metric(`exit.${name}`)),
  metric('events', 'events', true),
  metric('steps', 'steps', true),
];

const BY_NAME = new Map(METRICS.map((m) => [m.name, m]));

export function findMetric(name: string): Metric {
  const found = BY_NAME.get(name);
  if (found !== undefined) return found;
  const known = METRICS.map((m) => m.name);
  throw new BadInput(
    'unknown-metric',
    `unknown metric "${name}"; expected one of: ${known.join(', ')}`,
    known,
  );
}

/** In the order of METRICS; null: those that occur. */
export function chosenMetrics(names: readonly string[] | null): readonly string[] | null {
  if (names === null) return null;
  if (names.length === 0)
    throw new BadInput(
      'sweep-empty',
      'metrics is an empty list; expected at least one metric, or none named',
    );
  if (names.length > MAX_SWEEP_METRICS)
    throw new BadInput(
      'sweep-too-large',
      `${names.length} metrics are more than MAX_SWEEP_METRICS = ${MAX_SWEEP_METRICS}`,
    );
  const seen = new Set<string>();
  for (const name of names) {
    findMetric(name);
    if (seen.has(name))
      throw new BadInput('sweep-duplicate', `metric ${name} is given twice; expected each metric once`);
    seen.add(name);
  }
  return METRICS.filter((m) => seen.has(m.name)).map((m) => m.name);
}

export type MetricValues = { readonly [metric: string]: number };

/** What a run came to. Counts that are 0 are left out. */
export function metricValues(progress: RunProgress): MetricValues {
  const { timeNs, ordinal, steps, rootAllocations, findings, counts, milestones } = progress;
  const all: Record<string, number> = {
    ...counts,
    timeNs,
    events: ordinal,
    steps,
    rootAllocations,
    findings,
  };
  for (const [name, ns] of Object.entries(milestones)) all[MILESTONE + name] = ns;
  const out: Record<string, number> = {};
  for (const { name, always } of METRICS) {
    const value = all[name];
    if (value !== undefined && (value !== 0 || always || isMilestone(name))) out[name] = value;
  }
  return out;
}

/** Null: the run has no such figure. */
export function figureOf(values: MetricValues, name: string): number | null {
  return values[name] ?? (isMilestone(name) ? null : 0);
}

function isMilestone(name: string): boolean {
  return name.startsWith(MILESTONE);
}
