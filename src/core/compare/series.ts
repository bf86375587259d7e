// Curves over virtual time for plots: a fixed number of points, whatever the length of the session. Events are put where their
// own time says, so it does not matter that threads' clocks are not in step.
import { E } from '../events/catalogue.js';
import { MILESTONE_NAMES } from '../events/constants.js';
import type { EventRows } from '../projections/rows.js';

export const SERIES_POINTS_MAX = 2_000;

/** Curves, with what they show and whether a `lifecycle` recording has it. */
export const SERIES = {
  rootAllocations: { doc: 'roots allocated so far', unit: 'roots', lifecycle: true },
  liveRoots: { doc: 'most roots alive at once within the step', unit: 'roots', lifecycle: true },
  faults: { doc: 'page faults begun so far', unit: 'faults', lifecycle: false },
  lockWaitNs: { doc: 'ns that threads have waited for locks so far', unit: 'ns', lifecycle: false },
  milestones: { doc: 'milestones reached so far', unit: 'milestones', lifecycle: true },
} as const;
export type SeriesName = keyof typeof SERIES;

export interface SessionSeries {
  /** By name: one value a point, or null where the recording level did not keep it. */
  readonly values: { readonly [N in SeriesName]: readonly number[] | null };
  readonly milestones: readonly { readonly milestone: string; readonly timeNs: number }[];
}

const LOCKS = 64;
const MILESTONES = 32;

export class SeriesCollector {
  private readonly allocations: Float64Array;
  private readonly faults: Float64Array;
  private readonly waits: Float64Array;
  private readonly milestoneSteps: Float64Array;
  private readonly mostLive: Float64Array;
  private readonly lastLive: Float64Array;
  private readonly waitsSince = new Float64Array(256 * LOCKS).fill(-1);
  private readonly reached = new Float64Array(MILESTONES).fill(-1);
  private readonly order: number[] = [];
  private live = 0;

  /** @param endNs time of the last point; the first is at stepNs */
  constructor(
    private readonly points: number,
    private readonly stepNs: number,
    private readonly level: 'full' | 'lifecycle',
    /** A recording: faults are known where any was seen, waits and milestones never. */
    private readonly recorded = false,
    /** Own time that is zero on the clock of the curves. */
    private readonly zeroNs = 0,
  ) {
    this.allocations = new Float64Array(points);
    this.faults = new Float64Array(points);
    this.waits = new Float64Array(points);
    this.milestoneSteps = new Float64Array(points);
    this.mostLive = new Float64Array(points).fill(-1);
    this.lastLive = new Float64Array(points).fill(-1);
  }

  /** Takes rows [from, to). */
  feed(rows: EventRows, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      switch (rows.type[i]) {
        case E.RootAllocated:
          this.allocations[this.point(rows.timeNs[i])]++;
          this.lives(1, rows.timeNs[i]);
          break;
        case E.RootFreed:
          this.lives(-1, rows.timeNs[i]);
          break;
        case E.FaultBegun:
          this.faults[this.point(rows.timeNs[i])]++;
          break;
        case E.LockContended:
          this.waitsSince[place(rows, i)] = rows.timeNs[i];
          break;
        case E.LockAcquired: {
          const at = place(rows, i);
          if (this.waitsSince[at] < 0) break;
          this.waits[this.point(rows.timeNs[i])] += rows.timeNs[i] - this.waitsSince[at];
          this.waitsSince[at] = -1;
          break;
        }
        case E.Milestone:
          this.milestone(rows.a[i] & (MILESTONES - 1), rows.timeNs[i]);
          break;
        default:
      }
    }
  }

  series(): SessionSeries {
    const full = this.level === 'full';
    return {
      values: {
        rootAllocations: sums(this.allocations),
        liveRoots: this.liveRoots(),
        faults: full && (!this.recorded || this.faults.some((n) => n > 0)) ? sums(this.faults) : null,
        lockWaitNs: full && !this.recorded ? sums(this.waits) : null,
        milestones: this.recorded ? null : sums(this.milestoneSteps),
      },
      milestones: this.order.map((code) => ({
        milestone: MILESTONE_NAMES[code] ?? String(code),
        timeNs: this.reached[code],
      })),
    };
  }

  /** The point whose step the time lies in; steps end at their point. */
  private point(timeNs: number): number {
    const at = timeNs - this.zeroNs;
    return Math.max(0, Math.min(this.points - 1, Math.ceil(at / this.stepNs) - 1));
  }

  private lives(by: number, timeNs: number): void {
    this.live += by;
    const k = this.point(timeNs);
    // What lived before the step's first change lived within the step.
    const before = this.live - by;
    this.mostLive[k] = Math.max(this.mostLive[k], this.live, before);
    this.lastLive[k] = this.live;
  }

  private milestone(code: number, timeNs: number): void {
    if (this.reached[code] >= 0) return;
    this.reached[code] = timeNs;
    this.order.push(code);
    this.milestoneSteps[this.point(timeNs)]++;
  }

  private liveRoots(): number[] {
    let last = 0;
    return Array.from(this.mostLive, (most, k) => {
      if (most < 0) return last;
      last = this.lastLive[k];
      return most;
    });
  }
}

function place(rows: EventRows, i: number): number {
  return rows.thread[i] * LOCKS + ((rows.subject[i] >> 4) & (LOCKS - 1));
}

function sums(steps: Float64Array): number[] {
  let sum = 0;
  return Array.from(steps, (step) => {
    sum += step;
    return sum;
  });
}
