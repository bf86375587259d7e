// How often a read could begin at a stored snapshot, over all threads that read one store: two counters in memory that
// they share.
const HITS = 0;
const MISSES = 1;

export class SnapshotFigures {
  private readonly counts: Int32Array;

  constructor(readonly shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.counts = new Int32Array(shared);
  }

  count(found: boolean): void {
    Atomics.add(this.counts, found ? HITS : MISSES, 1);
  }

  get hits(): number {
    return Atomics.load(this.counts, HITS);
  }

  get misses(): number {
    return Atomics.load(this.counts, MISSES);
  }
}
