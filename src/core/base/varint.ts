// Unsigned LEB128 and zig-zag, for the decision log and for zero-run coding of snapshots.

export class ByteWriter {
  private bytes = new Uint8Array(256);
  length = 0;

  byte(b: number): void {
    if (this.length === this.bytes.length) {
      const grown = new Uint8Array(this.bytes.length * 2);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes[this.length++] = b;
  }

  /** A non-negative integer below 2^53. */
  uint(value: number): void {
    let v = value;
    // Above 32 bits by division; below, where nearly all values are, by shifts.
    while (v > 0xffff_ffff) {
      this.byte((v % 0x80) | 0x80);
      v = Math.floor(v / 0x80);
    }
    this.uint32(v >>> 0);
  }

  private uint32(value: number): void {
    let v = value;
    while (v >= 0x80) {
      this.byte((v & 0x7f) | 0x80);
      v >>>= 7;
    }
    this.byte(v);
  }

  /** A signed 32-bit integer. */
  int(value: number): void {
    this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  take(): Uint8Array {
    const out = this.bytes.slice(0, this.length);
    this.length = 0;
    return out;
  }
}

export class ByteReader {
  at = 0;
  constructor(private readonly bytes: Uint8Array) {}

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** One byte as it is. */
  uint8(): number {
    if (this.at >= this.bytes.length) throw new RangeError('varint: ends before a byte');
    return this.bytes[this.at++]!;
  }

  uint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      if (this.at >= this.bytes.length) throw new RangeError('varint: ends in the middle of a number');
      const b = this.bytes[this.at++]!;
      value += (b & 0x7f) * scale;
      if (b < 0x80) return value;
      scale *= 0x80;
    }
  }

  int(): number {
    const u = this.uint() >>> 0;
    return (u >>> 1) ^ -(u & 1);
  }
}

/**
 * Flat words -> bytes: alternating (zeros, count, differences). Page tables are mostly zero, and neighbouring
 * entries differ by a constant, so differences deflate to almost nothing.
 */
export function packWords(words: Int32Array, to: number = words.length): Uint8Array {
  const w = new ByteWriter();
  w.uint(to);
  let i = 0;
  while (i < to) {
    const z = skipZeros(words, i, to);
    w.uint(z - i);
    let e = z;
    while (e < to && words[e] !== 0) e++;
    w.uint(e - z);
    let last = 0;
    for (let k = z; k < e; k++) {
      w.int((words[k] - last) | 0);
      last = words[k];
    }
    i = e;
  }
  return w.take();
}

/** First index from `from` on whose word is not zero, or `to`. Eight at a time: almost everything is zero. */
function skipZeros(words: Int32Array, from: number, to: number): number {
  let z = from;
  const wide = to - 8;
  while (
    z <= wide &&
    (words[z] |
      words[z + 1] |
      words[z + 2] |
      words[z + 3] |
      words[z + 4] |
      words[z + 5] |
      words[z + 6] |
      words[z + 7]) ===
      0
  ) {
    z += 8;
  }
  while (z < to && words[z] === 0) z++;
  return z;
}

/**
 * Inverse of packWords; the rest of `into` is cleared, as far as `dirtyTo` where it is known that nothing behind that was
 * ever written. Returns the bytes consumed.
 */
export function unpackWords(
  bytes: Uint8Array,
  into: Int32Array,
  start = 0,
  dirtyTo: number = into.length,
): number {
  const r = new ByteReader(bytes);
  r.at = start;
  const to = r.uint();
  if (to > into.length) throw new RangeError(`snapshot: ${to} words do not fit into ${into.length}`);
  into.fill(0, 0, Math.max(to, dirtyTo));
  let i = 0;
  while (i < to) {
    i += r.uint();
    const n = r.uint();
    let last = 0;
    for (let k = 0; k < n; k++) {
      last = (last + r.int()) | 0;
      into[i++] = last;
    }
  }
  return r.at;
}
