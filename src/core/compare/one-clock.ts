// A simulated and a recorded run on one clock: zero is the first thing that both came to, nanoseconds stay nanoseconds. Nothing is
// fitted: a simulated ns is the cost model's, a recorded one the host's, and a comparison of both says so.
import { E, type EventName } from '../events/catalogue.js';

/** What zero may be, the best first: a root is born once, an entry needs no probe, a VM may be older than the recording. */
export const CLOCK_ORIGINS = [
  'RootAllocated',
  'VcpuEntered',
  'VmCreated',
] as const satisfies readonly EventName[];
export type ClockOrigin = (typeof CLOCK_ORIGINS)[number];

export const ORIGIN_CODES: readonly number[] = CLOCK_ORIGINS.map((name) => E[name]!);

export interface OneClock {
  /** The first event of this type is zero in each session; null: they have none in common, each begins at its own beginning. */
  readonly origin: ClockOrigin | null;
  readonly unit: 'ns';
  /** By session: its own time of zero. */
  readonly zeroNs: readonly number[];
  /** Times of a session are multiplied by it: nothing is fitted. */
  readonly scale: 1;
}

/** @param firsts by session: time of its first event of each origin, null where it has none */
export function oneClock(firsts: readonly (readonly (number | null)[])[]): OneClock {
  const at = CLOCK_ORIGINS.findIndex((_, k) => firsts.every((first) => first[k] !== null));
  return {
    origin: CLOCK_ORIGINS[at] ?? null,
    unit: 'ns',
    zeroNs: firsts.map((first) => (at < 0 ? 0 : first[at]!)),
    scale: 1,
  };
}

/** What to add to each session's times so that all zeros fall together and no time is below zero. */
export function shiftsOf({ zeroNs }: OneClock): number[] {
  const latest = Math.max(...zeroNs);
  return zeroNs.map((zero) => latest - zero);
}
