// How often each (thread, operation, object) comes in two sessions: an open-addressed table of counts. What one session has
// more of exists on one side only, wherever it stands.

/** Different steps that are counted; at the limit there is no answer instead of a wrong one. */
export const MAX_DISTINCT_STEPS = 2_000_000;

const WORDS = 5;
const [KEY, TYPE, COUNT] = [0, 2, 3];

/** Steps that only one session has, by event code. */
export interface OccurrenceSums {
  readonly matched: number;
  readonly only: readonly [Float64Array, Float64Array];
}

export class Occurrences {
  private words: Int32Array;
  private mask: number;
  private distinct = 0;
  private full = false;

  constructor(capacity = 1 << 14) {
    this.words = new Int32Array(capacity * WORDS);
    this.mask = capacity - 1;
  }

  count(side: 0 | 1, key0: number, key1: number, type: number): void {
    if (this.full) return;
    const at = this.find(key0, key1);
    const { words } = this;
    if (words[at + TYPE] === 0) {
      if (this.distinct >= MAX_DISTINCT_STEPS) {
        this.full = true;
        this.words = new Int32Array(WORDS);
        return;
      }
      words[at + KEY] = key0;
      words[at + KEY + 1] = key1;
      words[at + TYPE] = type;
      words[at + COUNT + side] = 1;
      if (2 * ++this.distinct > this.mask) this.grow();
      return;
    }
    words[at + COUNT + side]++;
  }

  /** How often the step comes on both sides; null: too many different ones. */
  of(key0: number, key1: number): readonly [number, number] | null {
    if (this.full) return null;
    const at = this.find(key0, key1);
    return [this.words[at + COUNT], this.words[at + COUNT + 1]];
  }

  sums(): OccurrenceSums | null {
    if (this.full) return null;
    const only = [new Float64Array(256), new Float64Array(256)] as const;
    let matched = 0;
    const { words } = this;
    for (let at = 0; at < words.length; at += WORDS) {
      const type = words[at + TYPE];
      const [first, second] = [words[at + COUNT], words[at + COUNT + 1]];
      matched += Math.min(first, second);
      if (first > second) only[0][type] += first - second;
      else only[1][type] += second - first;
    }
    return { matched, only };
  }

  /** Its place, or the empty one where it belongs. Event codes begin at 1, so a type of 0 is empty. */
  private find(key0: number, key1: number): number {
    const { words, mask } = this;
    let slot = (key0 ^ Math.imul(key1, 0x9e3779b1)) & mask;
    for (;;) {
      const at = slot * WORDS;
      if (words[at + TYPE] === 0 || (words[at + KEY] === key0 && words[at + KEY + 1] === key1)) return at;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const old = this.words;
    this.mask = 2 * this.mask + 1;
    this.words = new Int32Array((this.mask + 1) * WORDS);
    for (let from = 0; from < old.length; from += WORDS) {
      if (old[from + TYPE] === 0) continue;
      const at = this.find(old[from], old[from + 1]);
      for (let k = 0; k < WORDS; k++) this.words[at + k] = old[from + k];
    }
  }
}
