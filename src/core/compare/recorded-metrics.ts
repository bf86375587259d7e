// Figures of a recording: what its lines show is a number, everything else is unknown and never 0. A zero is one only where what would
// be counted is shown by the same lines as something that was.
import type { Metric } from './metric.js';

export const UNKNOWN = 'unknown';

/** Which kinds of events the recording has at all. */
export interface Shown {
  readonly births: boolean;
  readonly puts: boolean;
  readonly exits: boolean;
  readonly faults: boolean;
}

/** Zero is a number in a recording that shows this. */
const ZERO_KNOWN: Readonly<Record<string, keyof Shown>> = {
  'root allocations for SMM': 'births',
  puts: 'puts',
  'EPT violations': 'exits',
  'faults fixed': 'faults',
};

/** Never shown by a line: made of what no probe sees, or of ends that are inferred. */
const NEVER: ReadonlySet<string> = new Set([
  'outcome',
  'virtual time',
  'root loads that waited',
  'worst wait for a root',
  'gets refused',
  'zaps at once',
  'faults spurious',
  'guest time',
  'host time',
  'outer time',
  'waits',
  'yields to a waiter',
  'findings',
  'kernel assertions',
]);

/** @param durationNs from its first event to its last */
export function recordedMetrics(metrics: readonly Metric[], shown: Shown, durationNs: number): Metric[] {
  const out = metrics
    .filter(({ name }) => !name.startsWith('zap, '))
    .map((metric) => (isUnknown(metric, shown) ? { ...metric, value: UNKNOWN } : metric));
  return [...out, { group: 'outcome', name: 'recorded time', unit: 'ns', value: durationNs }];
}

function isUnknown({ name, value }: Metric, shown: Shown): boolean {
  if (NEVER.has(name) || value === null) return true;
  if (name === 'most roots alive at once' || name === 'most valid roots at once') return !shown.births;
  if (value !== 0) return false;
  const by = ZERO_KNOWN[name];
  return by === undefined || !shown[by];
}
