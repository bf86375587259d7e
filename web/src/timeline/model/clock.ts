// Virtual time as the axis: where each position of a session stands on its clock, from what was read so far, and which
// positions a stretch of the clock holds. Threads have clocks of their own and an event may be stamped ahead of those that follow
// it (a grace period is known when it begins): it stands where what follows it stands, so that time never goes back.
import type { Scene, Timeline } from '../../api/schema.js';
import type { Place } from './sheet.js';
import type { Window } from './window.js';

/** Positions whose times are known, in order; between them it is straight. */
interface Layer {
  readonly positions: Float64Array;
  readonly times: Float64Array;
  /** Positions from one to the next. */
  readonly grain: number;
}

const MAX_LAYERS = 16;

type Points = readonly (readonly [position: number, timeNs: number])[];

/** @param endNs what stands behind the last point is not before this */
function layer(points: Points, grain: number, endNs: number): Layer {
  const positions = new Float64Array(points.length);
  const times = new Float64Array(points.length);
  let earliest = endNs;
  for (let i = points.length - 1; i >= 0; i--) {
    const [position, timeNs] = points[i];
    earliest = Math.min(earliest, timeNs);
    positions[i] = position;
    times[i] = earliest;
  }
  return { positions, times, grain };
}

function pointsOf(read: Timeline | Scene): Points {
  if (!('buckets' in read)) return read.timeNs.map((ns, i) => [read.from + i, ns] as const);
  const points = read.buckets.map(({ from, fromTimeNs }) => [from, fromTimeNs] as const);
  const end = read.buckets.at(-1);
  return end === undefined ? points : [...points, [end.to + 1, end.toTimeNs]];
}

/** Index of the last entry that is not above the value; the entries never fall. */
function below(entries: Float64Array, value: number): number {
  let [low, high] = [0, entries.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (entries[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** One session's clock. It learns from whatever is read: the finest that covers a position says when it was. */
export class Clock {
  private readonly known = new Set<Timeline | Scene>();
  /** Finest first. */
  private layers: Layer[] = [];

  /** @param last last position of the session */
  constructor(private readonly last: number) {}

  learn(read: Timeline | Scene | null): void {
    if (read === null || this.known.has(read)) return;
    this.known.add(read);
    const points = pointsOf(read);
    if (points.length === 0) return;
    const grain = 'buckets' in read ? read.rowsPerBucket : 0;
    const found = layer(points, grain, this.notAfter(points[points.length - 1][0]));
    const coarsest = this.layers.at(-1);
    this.layers = [found, ...this.layers].sort((a, b) => a.grain - b.grain);
    // What covers everything is kept.
    if (this.layers.length > MAX_LAYERS && coarsest !== undefined)
      this.layers = [...this.layers.slice(0, MAX_LAYERS - 1), coarsest];
  }

  readonly place: Place = (position) => {
    for (const { positions, times } of this.layers) {
      if (position < positions[0] || position > positions[positions.length - 1]) continue;
      const i = below(positions, position);
      if (i + 1 >= positions.length) return times[i];
      const part = (position - positions[i]) / (positions[i + 1] - positions[i]);
      return times[i] + part * (times[i + 1] - times[i]);
    }
    const coarsest = this.layers.at(-1);
    return coarsest === undefined ? 0 : coarsest.times[coarsest.times.length - 1];
  };

  /** What follows a position is at least as late as this, as far as is known. */
  private notAfter(position: number): number {
    const coarsest = this.layers.at(-1);
    if (coarsest === undefined) return Infinity;
    const { positions, times } = coarsest;
    const next = below(positions, position) + 1;
    return next < times.length ? times[next] : Infinity;
  }

  /** Nothing has been read yet. */
  get blank(): boolean {
    return this.layers.length === 0;
  }

  get endNs(): number {
    return this.place(this.last + 1);
  }

  /** The last position whose time is not after it; at least the first. */
  positionAt(timeNs: number): number {
    let [low, high] = [1, Math.max(1, this.last)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.place(middle) <= timeNs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Positions that a stretch of the clock holds, with one more at each side. */
  positions({ from, to }: Window): Window {
    return {
      from: Math.max(1, this.positionAt(from) - 1),
      to: Math.min(this.last, this.positionAt(to) + 1) + 1,
    };
  }
}
