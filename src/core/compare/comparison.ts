// What a comparison of sessions answers, and which sessions can be aligned at all. Figures can always stand side by side; an
// alignment needs the same scenario on the same machine, and says why where that is not so.
import { CATALOGUE } from '../events/catalogue.js';
import type { Manifest } from '../run/contract.js';
import { isTrace } from '../run/trace-session.js';
import type { Divergence } from './divergence.js';
import type { OccurrenceSums } from './occurrences.js';
import type { OneClock } from './one-clock.js';
import type { RecordedMatch, StepCount } from './recorded.js';
import { SERIES, type SeriesName, type SessionSeries } from './series.js';
import type { SideTable } from './side-by-side.js';

export const MIN_COMPARED_SESSIONS = 2;
export const MAX_COMPARED_SESSIONS = 8;
/** Types of steps that are listed for one side. */
const MAX_ONLY_IN = 40;

/** Why two sessions cannot be aligned. */
export const NOT_ALIGNED = {
  twoRecordings:
    'both sessions are recordings: their figures and clocks stand side by side, their steps are not matched',
  differentScenarios:
    'the sessions ran different scenarios, so no step of one belongs to a step of the other',
  differentTopologies: 'the machines have different threads, vCPUs or memory',
  differentEventSchemas: 'the sessions have events of different schema versions',
  noThreadInCommon: 'no thread of one session has the name of a thread of the other',
} as const;
export type NotAligned = keyof typeof NOT_ALIGNED;

export interface PairAlignment {
  /** Ids: the first session of the comparison, and another one. */
  readonly sessions: readonly [string, string];
  /** `gaveUp`: too many steps waited for their counterpart, so that the first divergence is not known. */
  readonly outcome: 'equal' | 'diverges' | 'notAligned' | 'gaveUp';
  readonly reason: { readonly code: NotAligned; readonly text: string } | null;
  /**
   * `steps`: the same procedures; code place and outcome count. `operations`: other protocols; a step is its thread,
   * operation, object and occurrence. `recorded`: one of them is a recording; a step is its operation, object and occurrence,
   * among what the recording observed.
   */
  readonly by: 'steps' | 'operations' | 'recorded' | null;
  /** `lifecycle`: one of the recordings keeps no more, so only those types were compared. */
  readonly level: 'full' | 'lifecycle' | null;
  /** Equal down to the order of steps that commute. */
  readonly sameOrder: boolean;
  /** Steps that were compared. */
  readonly steps: readonly [number, number] | null;
  readonly divergence: Divergence | null;
  /** Steps by (thread, operation, object, occurrence), wherever they stand; null: too many different ones. */
  readonly occurrences: {
    readonly matched: number;
    readonly onlyIn: readonly [readonly StepCount[], readonly StepCount[]];
  } | null;
  /** Present where one of them is a recording. */
  readonly recorded?: RecordedMatch;
}

export interface ComparedSession {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly scenario: string;
  readonly protocol: string;
  readonly seed: number;
  readonly recording: 'full' | 'lifecycle';
  /** Position of the last event that was compared. */
  readonly events: number;
}

export interface ComparedSeries {
  readonly timesNs: readonly number[];
  readonly curves: readonly {
    readonly name: SeriesName;
    readonly doc: string;
    readonly unit: string;
    /** One list a session; null: its recording did not keep it. */
    readonly values: readonly (readonly number[] | null)[];
  }[];
  /** One list a session. */
  readonly milestones: readonly SessionSeries['milestones'][];
}

export interface Comparison {
  readonly sessions: readonly ComparedSession[];
  /** False: only what differs is listed. */
  readonly all: boolean;
  readonly parameters: SideTable;
  readonly metrics: SideTable;
  /** Null: no points were asked for. */
  readonly series: ComparedSeries | null;
  /** Present where a session is a recording: the clock of curves and matched steps. */
  readonly clock: OneClock | null;
  /** The first session with each of the others. */
  readonly alignments: readonly PairAlignment[];
}

/** Null: they can be. `sameTopology` is null where a build does not know the machine of one of them. */
export function whyNotAligned(
  first: Manifest,
  second: Manifest,
  sameTopology: boolean | null,
  threadsInCommon: number,
): NotAligned | null {
  if (isTrace(first) && isTrace(second)) return 'twoRecordings';
  if (first.scenario !== second.scenario) return 'differentScenarios';
  if (sameTopology === false) return 'differentTopologies';
  if (first.eventSchema !== second.eventSchema) return 'differentEventSchemas';
  return threadsInCommon === 0 ? 'noThreadInCommon' : null;
}

export function notAligned(sessions: readonly [string, string], code: NotAligned): PairAlignment {
  return {
    sessions,
    outcome: 'notAligned',
    reason: { code, text: NOT_ALIGNED[code] },
    by: null,
    level: null,
    sameOrder: false,
    steps: null,
    divergence: null,
    occurrences: null,
  };
}

export function occurrencesView(sums: OccurrenceSums | null): PairAlignment['occurrences'] {
  if (sums === null) return null;
  const list = (counts: Float64Array): StepCount[] =>
    CATALOGUE.filter(({ code }) => counts[code] > 0)
      .map(({ code, name }) => ({ type: name, steps: counts[code] }))
      .sort((x, y) => y.steps - x.steps || (x.type < y.type ? -1 : 1))
      .slice(0, MAX_ONLY_IN);
  return { matched: sums.matched, onlyIn: [list(sums.only[0]), list(sums.only[1])] };
}

export function comparedSeries(
  points: number,
  stepNs: number,
  sessions: readonly SessionSeries[],
): ComparedSeries {
  return {
    timesNs: Array.from({ length: points }, (_, k) => Math.round((k + 1) * stepNs)),
    curves: (Object.keys(SERIES) as SeriesName[]).map((name) => ({
      name,
      doc: SERIES[name].doc,
      unit: SERIES[name].unit,
      values: sessions.map(({ values }) => values[name]),
    })),
    milestones: sessions.map(({ milestones }) => milestones),
  };
}
