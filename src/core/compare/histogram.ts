// Times by size, in bounded memory: buckets that grow with the value, 128 to each power of two. A percentile is the lower end of
// its bucket, at most 0.8 % below the true one; values below 128 and the largest are exact.

const SUB_BITS = 7;
const SUB = 1 << SUB_BITS;
/** Values up to 2^53. */
const BUCKETS = (55 - SUB_BITS) * SUB;

export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly sum: number;
}

export class Histogram {
  private readonly counts = new Float64Array(BUCKETS);
  private count = 0;
  private max = 0;
  private sum = 0;

  add(value: number): void {
    const v = Math.max(0, value);
    this.counts[bucketOf(v)]++;
    this.count++;
    this.sum += v;
    if (v > this.max) this.max = v;
  }

  /** Null: nothing was added. */
  percentiles(): Percentiles | null {
    if (this.count === 0) return null;
    const at = (q: number): number => this.quantile(q);
    return { count: this.count, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: this.max, sum: this.sum };
  }

  private quantile(q: number): number {
    const rank = Math.ceil(q * this.count);
    let seen = 0;
    for (let k = 0; k < BUCKETS; k++) {
      seen += this.counts[k];
      if (seen >= rank) return seen === this.count && rank === this.count ? this.max : lowerEnd(k);
    }
    return this.max;
  }
}

function bucketOf(value: number): number {
  if (value < SUB) return Math.floor(value);
  const power = Math.floor(Math.log2(value));
  // log2 of a large number may round up.
  const exact = 2 ** power > value ? power - 1 : power;
  const step = 2 ** (exact - SUB_BITS);
  return (exact - SUB_BITS + 1) * SUB + Math.floor(value / step) - SUB;
}

function lowerEnd(bucket: number): number {
  if (bucket < SUB) return bucket;
  const group = Math.floor(bucket / SUB);
  return (SUB + (bucket % SUB)) * 2 ** (group - 1);
}
