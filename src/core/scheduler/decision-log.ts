// The decision log: which thread ran, for how many steps. Varint pairs, run-length coded: with the manifest it is the
// only input of a session.
import { ByteReader, ByteWriter } from '../base/varint.js';

/** In place of a thread: so many outside inputs (Mark) met the run here. */
export const OUTSIDE = 255;

export class DecisionWriter {
  private readonly bytes = new ByteWriter();
  private thread = -1;
  private steps = 0;

  /** `steps` more steps of this thread. */
  add(thread: number, steps: number): void {
    if (thread === this.thread) {
      this.steps += steps;
      return;
    }
    this.flush();
    this.thread = thread;
    this.steps = steps;
  }

  private flush(): void {
    if (this.steps === 0) return;
    this.bytes.uint(this.thread);
    this.bytes.uint(this.steps);
    this.steps = 0;
  }

  /** Everything so far; the log goes on behind it. */
  take(): Uint8Array {
    this.flush();
    this.thread = -1;
    return this.bytes.take();
  }
}

/** Reads the pairs of one log that arrives in pieces. */
export class DecisionReader {
  private reader: ByteReader | null = null;

  constructor(private readonly nextPiece: () => Uint8Array | null) {}

  next(): { readonly thread: number; readonly steps: number } | null {
    while (this.reader === null || this.reader.done) {
      const piece = this.nextPiece();
      if (piece === null) return null;
      this.reader = new ByteReader(piece);
    }
    return { thread: this.reader.uint(), steps: this.reader.uint() };
  }
}
