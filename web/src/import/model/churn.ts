// Births of roots over the length of a trace, as columns of a chart; where lines are missing there is a gap, not a zero.
import type { EventPage } from '../../api/schema.js';

export const BARS = 120;

export interface Bars {
  /** Left edges, ns from the first event. */
  readonly atNs: readonly number[];
  readonly births: readonly number[];
  readonly stepNs: number;
  readonly endNs: number;
}

export interface GapSpan {
  readonly position: number;
  readonly fromNs: number;
  readonly toNs: number;
  /** Null: nobody knows how many. */
  readonly lost: number | null;
}

export function barsOf(timesNs: readonly number[], endNs: number): Bars {
  const end = Math.max(endNs, 1, ...timesNs.slice(-1));
  const stepNs = end / BARS;
  const births = Array.from({ length: BARS }, () => 0);
  for (const ns of timesNs) births[Math.max(0, Math.min(BARS - 1, Math.floor(ns / stepNs)))] += 1;
  return { atNs: births.map((_, i) => (i + 0.5) * stepNs), births, stepNs, endNs: end };
}

/** @param events TraceGap events and, for each, the event behind it */
export function gapSpans(
  events: EventPage['events'],
  behind: ReadonlyMap<number, number>,
  endNs: number,
): GapSpan[] {
  return events.map(({ position, timeNs, values }) => {
    const lost = values['lost'] ?? -1;
    return { position, fromNs: timeNs, toNs: behind.get(position) ?? endNs, lost: lost < 0 ? null : lost };
  });
}
