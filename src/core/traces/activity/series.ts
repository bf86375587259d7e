// Counts over the length of a trace whose length is not known before: so many points, each twice as wide when they do not suffice.
import { CAUSES, type Cause } from './causes.js';

/** Points of a series. */
export const SERIES_POINTS_MAX = 240;
/** Of the first points: ns, or ticks of the trace's clock. */
const FIRST_STEP = 1_000;

const FAULTS = CAUSES.length;
const EXITS = FAULTS + 1;
const COLUMNS = EXITS + 1;

export interface SeriesPoint {
  /** Where it begins: behind `from` of the series. */
  readonly at: number;
  readonly allocations: number;
  /** Of them by cause; those with none are left out. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  readonly faults: number;
  readonly exits: number;
}

export interface Series {
  /** Time of the first event in the trace's clock. */
  readonly from: number;
  /** Length of a point: ns, or ticks. */
  readonly step: number;
  readonly points: readonly SeriesPoint[];
}

export class SeriesCounter {
  private readonly counts = new Float64Array(SERIES_POINTS_MAX * COLUMNS);
  private from: number | null = null;
  private step = FIRST_STEP;
  private last = 0;

  birth(time: number, cause: Cause): void {
    this.add(time, CAUSES.indexOf(cause));
  }

  fault(time: number): void {
    this.add(time, FAULTS);
  }

  exit(time: number): void {
    this.add(time, EXITS);
  }

  private add(time: number, column: number): void {
    this.from ??= time;
    // Times may go backwards; what comes before the first event is counted with it.
    let k = Math.max(0, Math.floor((time - this.from) / this.step));
    while (k >= SERIES_POINTS_MAX) {
      this.halve();
      k = Math.floor((time - this.from) / this.step);
    }
    if (k > this.last) this.last = k;
    (this.counts[k * COLUMNS + column] as number)++;
  }

  private halve(): void {
    const { counts } = this;
    for (let k = 0; k < SERIES_POINTS_MAX; k++) {
      for (let c = 0; c < COLUMNS; c++) {
        const n = counts[k * COLUMNS + c] as number;
        counts[k * COLUMNS + c] = 0;
        (counts[(k >> 1) * COLUMNS + c] as number) += n;
      }
    }
    this.step *= 2;
    this.last >>= 1;
  }

  series(): Series {
    const points: SeriesPoint[] = [];
    const { counts, step } = this;
    for (let k = 0; this.from !== null && k <= this.last; k++) {
      const row = counts.subarray(k * COLUMNS, (k + 1) * COLUMNS);
      const causes: Partial<Record<Cause, number>> = {};
      let allocations = 0;
      CAUSES.forEach((cause, c) => {
        const n = row[c] as number;
        if (n > 0) causes[cause] = n;
        allocations += n;
      });
      points.push({
        at: k * step,
        allocations,
        causes,
        faults: row[FAULTS] as number,
        exits: row[EXITS] as number,
      });
    }
    return { from: this.from ?? 0, step, points };
  }
}
