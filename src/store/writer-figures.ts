// What the writer thread tells of itself without being asked: a few numbers in memory that it shares with the main
// thread. Reading them costs the writer nothing; one that is read while it changes may be one commit old.

/** Order in the shared array. */
const FIELDS = ['commits', 'commitSeconds', 'lagSeconds', 'lastLagSeconds', 'waiting'] as const;
export type WriterFigure = (typeof FIELDS)[number];

export class WriterFigures {
  private readonly values: Float64Array;

  constructor(readonly shared = new SharedArrayBuffer(FIELDS.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.values = new Float64Array(shared);
  }

  read(figure: WriterFigure): number {
    return this.values[FIELDS.indexOf(figure)]!;
  }

  add(figure: WriterFigure, amount: number): void {
    this.values[FIELDS.indexOf(figure)]! += amount;
  }

  set(figure: WriterFigure, value: number): void {
    this.values[FIELDS.indexOf(figure)] = value;
  }

  /** One chunk: its transaction, and the time since it came to this thread. */
  committed(tookMs: number, lagMs: number): void {
    this.add('commits', 1);
    this.add('commitSeconds', tookMs / 1_000);
    this.add('lagSeconds', lagMs / 1_000);
    this.set('lastLagSeconds', lagMs / 1_000);
  }
}
