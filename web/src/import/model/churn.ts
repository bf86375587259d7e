// Roots that vCPUs were given over the length of a trace, by cause, as stacked columns of a chart; and where nobody saw anything.
import type { EventPage, ImportedTrace } from '../../api/schema.js';

export type Churn = ImportedTrace['churn'];
export type Cause = Churn['causes'][number]['cause'];
type Activity = Pick<ImportedTrace, 'churn' | 'diagnosis' | 'progress'>;

/** Tokens of the theme, by cause. */
export const CAUSE_INKS: { readonly [C in Cause]: string } = {
  first: 'valid',
  smm: 'smm',
  cr0: 'guest',
  cr4: 'guestT',
  efer: 'read',
  cpuid: 'readT',
  ioctl: 'inval',
  memslot: 'rcu',
  forced: 'zap',
  unknown: 'freed',
};

/** Null: the trace was imported before this was told. */
export function activityOf(trace: ImportedTrace): Activity | null {
  const { churn, diagnosis, progress } = trace as Partial<Activity>;
  if (churn === undefined || diagnosis === undefined || progress === undefined) return null;
  return { churn, diagnosis, progress };
}

export interface Columns {
  /** Middles, from the first event on. */
  readonly at: readonly number[];
  readonly end: number;
  /** Most frequent first; each height includes those behind it, so that the first drawn is the highest. */
  readonly stacks: readonly { readonly cause: Cause; readonly heights: readonly number[] }[];
  readonly most: number;
}

/**
 * @param beginning time of the trace's first event: the series begins with the first that it counts
 * @param end of the trace, from its first event on
 */
export function columnsOf(
  { causes, series: { from, step, points } }: Churn,
  beginning: number,
  end: number,
): Columns {
  const shift = Math.max(0, from - beginning);
  const used = causes
    .filter(({ allocations }) => allocations > 0)
    .toSorted((a, b) => b.allocations - a.allocations)
    .map(({ cause }) => cause);
  const stacks = used.map((cause, k) => ({
    cause,
    heights: points.map((point) => used.slice(k).reduce((sum, name) => sum + (point.causes[name] ?? 0), 0)),
  }));
  return {
    at: points.map(({ at }) => shift + at + step / 2),
    end: Math.max(end, shift + (points.at(-1)?.at ?? 0) + step),
    stacks,
    most: Math.max(1, ...(stacks[0]?.heights ?? [])),
  };
}

export interface GapSpan {
  readonly fromNs: number;
  readonly toNs: number;
  /** Null: nobody knows how many. */
  readonly lost: number | null;
}

/** @param behind by position of a gap, the time of the event behind it */
export function gapSpans(
  events: EventPage['events'],
  behind: ReadonlyMap<number, number>,
  endNs: number,
): GapSpan[] {
  return events.map(({ position, timeNs, values }) => {
    const lost = values['lost'] ?? -1;
    return { fromNs: timeNs, toNs: behind.get(position) ?? endNs, lost: lost < 0 ? null : lost };
  });
}
