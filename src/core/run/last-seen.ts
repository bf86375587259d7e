// The last stored event of each thread: where it was, and when. Travels in snapshots, so that a thread's stack is known at
// any position without looking for an event that may lie far behind.

/** The columns that are looked at. */
interface SeenRows {
  readonly thread: ArrayLike<number>;
  readonly site: ArrayLike<number>;
  readonly timeNs: ArrayLike<number>;
}

export class LastSeen {
  /** 0: the thread has no event yet. */
  readonly position: Float64Array;
  readonly site: Uint16Array;
  readonly timeNs: Float64Array;
  private readonly row: Int32Array;

  constructor(threads: number) {
    this.position = new Float64Array(threads);
    this.site = new Uint16Array(threads);
    this.timeNs = new Float64Array(threads);
    this.row = new Int32Array(threads);
  }

  /** Rows [from, to); the first of them stands at `position`. */
  take(rows: SeenRows, from: number, to: number, position: number): void {
    const { row } = this;
    const { thread } = rows;
    row.fill(-1);
    for (let i = from; i < to; i++) row[thread[i]] = i;
    for (let t = 0; t < row.length; t++) {
      const i = row[t];
      if (i < 0) continue;
      this.position[t] = position + i - from;
      this.site[t] = rows.site[i];
      this.timeNs[t] = rows.timeNs[i];
    }
  }

  save(): number[] {
    return Array.from(this.position, (position, t) => [position, this.site[t], this.timeNs[t]]).flat();
  }

  restore(saved: readonly number[]): void {
    for (let t = 0; t < this.position.length; t++) {
      this.position[t] = saved[t * 3] ?? 0;
      this.site[t] = saved[t * 3 + 1] ?? 0;
      this.timeNs[t] = saved[t * 3 + 2] ?? 0;
    }
  }
}
