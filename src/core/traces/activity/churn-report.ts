// Root allocations per second and per cause, what faulting everything in again cost, and the vCPUs and exits behind them.
import { type Activity, birthsOf, type ShownBy } from './activity.js';
import { CAUSE_TEXT, CAUSES, type Cause } from './causes.js';
import type { Series } from './series.js';

/** vCPUs, and exit reasons, that a report lists: those with most allocations. */
export const CHURN_LISTED = 64;
const NS_PER_SECOND = 1_000_000_000;

export interface CauseFigures {
  readonly cause: Cause;
  /** In words. */
  readonly text: string;
  readonly allocations: number;
  /** Null: the trace's clock has no seconds, or no time goes by in it. */
  readonly perSecond: number | null;
  /** SMIs, register writes, memslot updates; null: nothing of this cause is counted. */
  readonly occasions: number | null;
}

export interface ChurnReport {
  /** Null: nothing shows births. */
  readonly allocations: number | null;
  readonly perSecond: number | null;
  /** Of the first event to the last. */
  readonly seconds: number | null;
  readonly shownBy: ShownBy | null;
  readonly causes: readonly CauseFigures[];
  readonly smis: number;
  /** Faults of vCPUs on roots that they had to be given again or that were emptied in their place, and the time from those exits to the next entries. */
  readonly refault: {
    readonly faults: number;
    readonly perAllocation: number | null;
    readonly ns: number | null;
    /** Of all page faults. */
    readonly share: number | null;
  };
  readonly exits: number;
  readonly faults: number;
  readonly vcpus: readonly {
    readonly vm: number;
    readonly vcpu: number;
    readonly pid: number;
    readonly task: string;
    readonly allocations: number;
    readonly faults: number;
    readonly exits: number;
  }[];
  /** Reason of the vCPU's last exit before it was given a root. */
  readonly exitReasons: readonly { readonly reason: string; readonly allocations: number }[];
  readonly series: Series;
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? round(part / whole) : null);
const round = (n: number): number => Math.round(n * 1_000) / 1_000;

export function churnReport(a: Activity): ChurnReport {
  const allocations = a.shownBy === null ? null : birthsOf(a.births);
  const span = a.lastTime - a.firstTime;
  const seconds = a.timed && span > 0 ? span / NS_PER_SECOND : null;
  const perSecond = (n: number): number | null => (seconds === null ? null : round(n / seconds));
  const again = allocations === null ? 0 : allocations - (a.births.get('first') ?? 0);
  const vcpus = a.vcpus.all;
  // Memslot updates that cost no root empty those that stay: their pages are faulted in again as well.
  const inPlace = a.occasions.has('memslot') && !a.births.has('memslot');
  const afterBirths = vcpus.reduce((sum, v) => sum + v.refaults, 0);
  const refaults = afterBirths + (inPlace ? vcpus.reduce((sum, v) => sum + v.emptied, 0) : 0);
  const time = vcpus.reduce((sum, v) => sum + v.refaultTime + (inPlace ? v.emptiedTime : 0), 0);
  return {
    allocations,
    perSecond: allocations === null ? null : perSecond(allocations),
    seconds: seconds === null ? null : round(seconds),
    shownBy: a.shownBy,
    causes: CAUSES.filter((cause) => a.births.has(cause) || a.occasions.has(cause)).map((cause) => {
      const n = a.births.get(cause) ?? 0;
      return {
        cause,
        text: CAUSE_TEXT[cause],
        allocations: n,
        perSecond: perSecond(n),
        occasions: a.occasions.get(cause) ?? null,
      };
    }),
    smis: a.occasions.get('smm') ?? 0,
    refault: {
      faults: refaults,
      perAllocation: ratio(afterBirths, again),
      ns: a.timed ? time : null,
      share: ratio(refaults, a.faults),
    },
    exits: a.exits,
    faults: a.faults,
    vcpus: vcpus
      .toSorted((x, y) => y.births - x.births || y.faults - x.faults)
      .slice(0, CHURN_LISTED)
      .map(({ vm, index, pid, task, births, faults, exits }) => ({
        vm: vm.key,
        vcpu: index,
        pid,
        task,
        allocations: births,
        faults,
        exits,
      })),
    exitReasons: [...a.reasons]
      .sort(([, x], [, y]) => y - x)
      .slice(0, CHURN_LISTED)
      .map(([reason, n]) => ({ reason, allocations: n })),
    series: a.series.series(),
  };
}
