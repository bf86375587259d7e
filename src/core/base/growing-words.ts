// Words that grow at their end: scripts and guest programs of a live session. What lies behind the end is zero.
export class GrowingWords {
  /** At least `length` long; replaced when it grows. */
  words: Int32Array;
  length: number;

  constructor(first: Int32Array) {
    this.words = first.slice();
    this.length = first.length;
  }

  append(more: ArrayLike<number>): void {
    const length = this.length + more.length;
    if (length > this.words.length) {
      const grown = new Int32Array(Math.max(length, 2 * this.words.length));
      grown.set(this.words.subarray(0, this.length));
      this.words = grown;
    }
    this.words.set(more, this.length);
    this.length = length;
  }
}
