// Whether the times of a text can be what they say: on one CPU they never go back, and all lines have the same clock. The order of the
// lines is kept whatever they say; this only tells it.
import type { FrameClock } from '../frames/frame.js';

/** CPUs whose times are watched. */
const CPUS_MAX = 4_096;

export class Clocks {
  private clock: FrameClock | null = null;
  private otherLine = 0;
  private backwards = 0;
  private firstLine = 0;
  private readonly last: number[] = [];

  take(lineNumber: number, cpu: number, clock: FrameClock, time: number): void {
    if (clock !== this.clock) {
      if (this.clock === null) this.clock = clock;
      else if (this.otherLine === 0) this.otherLine = lineNumber;
    }
    const at = cpu + 1;
    if (at >= CPUS_MAX) return;
    const before = this.last[at];
    if (before !== undefined && time < before && this.backwards++ === 0) this.firstLine = lineNumber;
    this.last[at] = time;
  }

  /** In sentences, for a reader. */
  notes(): string[] {
    const out: string[] = [];
    if (this.otherLine > 0)
      out.push(`line ${this.otherLine}: times of another clock than before; the order of the lines was kept`);
    if (this.backwards > 0)
      out.push(
        `${this.backwards === 1 ? '1 time goes' : `${this.backwards} times go`} backwards on the CPU of its line, first at line ${this.firstLine}; the order of the lines was kept`,
      );
    return out;
  }
}
