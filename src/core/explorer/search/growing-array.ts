// An Int32Array that grows at its end, a word at a time.
const FIRST_LENGTH = 1 << 10;

export class GrowingArray {
  length = 0;
  words = new Int32Array(FIRST_LENGTH);

  get bytes(): number {
    return this.words.byteLength;
  }

  push(word: number): void {
    if (this.length === this.words.length) {
      const words = new Int32Array(this.length * 2);
      words.set(this.words);
      this.words = words;
    }
    this.words[this.length++] = word;
  }
}
