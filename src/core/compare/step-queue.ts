// Steps of one thread that the other session has not come to yet: digests, place and predecessors, in a ring that grows.

/** Words of one step. A predecessor is a thread's slot and the number of its step, slot -1: there is none. */
export const STEP = {
  /** Digest of the step and everything that happened before it, two words. */
  PAST: 0,
  /** Digest of thread, operation, object and operands, two words. */
  KEY: 2,
  /** Digest of where in the code it was, and how it came out. */
  REST: 4,
  /** For each object it touched. */
  BEFORE: 5,
  WORDS: 9,
} as const;

/** One step, taken out of its queue. */
export interface QueuedStep {
  /** Position of its event. */
  readonly position: number;
  /** Number among the compared steps of its thread. */
  readonly number: number;
  readonly words: Int32Array;
}

const FIRST_CAPACITY = 64;

export class StepQueue {
  words = new Int32Array(FIRST_CAPACITY * STEP.WORDS);
  private positions = new Float64Array(FIRST_CAPACITY);
  private capacity = FIRST_CAPACITY;
  private head = 0;
  length = 0;
  /** Steps that were taken out. */
  taken = 0;

  /** Index in `words` of a new last step. */
  push(position: number): number {
    if (this.length === this.capacity) this.grow();
    const at = (this.head + this.length++) & (this.capacity - 1);
    this.positions[at] = position;
    return at * STEP.WORDS;
  }

  /** Index in `words` of the first step. */
  first(): number {
    return this.head * STEP.WORDS;
  }

  firstPosition(): number {
    return this.positions[this.head];
  }

  shift(): void {
    this.head = (this.head + 1) & (this.capacity - 1);
    this.length--;
    this.taken++;
  }

  /** The first step as a copy, or null. */
  peek(): QueuedStep | null {
    if (this.length === 0) return null;
    const at = this.first();
    return {
      position: this.firstPosition(),
      number: this.taken,
      words: this.words.slice(at, at + STEP.WORDS),
    };
  }

  /** Drops everything, and the room for it. */
  clear(): void {
    this.words = new Int32Array(STEP.WORDS);
    this.positions = new Float64Array(1);
    this.capacity = 1;
    this.head = 0;
    this.length = 0;
  }

  private grow(): void {
    const words = new Int32Array(2 * this.words.length);
    const positions = new Float64Array(2 * this.capacity);
    for (let k = 0; k < this.length; k++) {
      const at = (this.head + k) & (this.capacity - 1);
      words.set(this.words.subarray(at * STEP.WORDS, (at + 1) * STEP.WORDS), k * STEP.WORDS);
      positions[k] = this.positions[at];
    }
    this.words = words;
    this.positions = positions;
    this.capacity *= 2;
    this.head = 0;
  }
}
