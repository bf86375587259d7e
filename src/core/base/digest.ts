// Chained 64-bit digests of event streams, and a fingerprint of flat state.
// Two 32-bit lanes with Math.imul: a 64-bit hash in plain numbers (no BigInt, no strings while running).
// Not cryptographic: it compares runs, it does not authenticate them.

/** Two lanes of state; `lo`/`hi` are plain fields so that the hot loop touches one object. */
export class Digest {
  lo = 0x9e3779b9 | 0;
  hi = 0x85ebca6b | 0;

  /** Mixes one word. */
  word(x: number): void {
    const a = Math.imul(this.lo ^ x, 0xcc9e2d51);
    const b = Math.imul(this.hi ^ ((a << 15) | (a >>> 17)), 0x1b873593);
    this.lo = (a ^ (a >>> 13)) + b;
    this.hi = (b << 13) | (b >>> 19);
    this.lo |= 0;
  }

  /** Mixes a non-negative integer below 2^53 as two words. */
  wide(x: number): void {
    this.word(x | 0);
    this.word((x / 0x1_0000_0000) | 0);
  }

  text(s: string): void {
    this.word(s.length);
    for (let i = 0; i < s.length; i++) this.word(s.charCodeAt(i));
  }

  hex(): string {
    return hex32(fmix(this.hi ^ this.lo)) + hex32(fmix(Math.imul(this.lo, 5) ^ this.hi));
  }

  copyFrom(other: Digest): void {
    this.lo = other.lo;
    this.hi = other.hi;
  }
}

function fmix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex32(x: number): string {
  return (x >>> 0).toString(16).padStart(8, '0');
}

/** Digest of a text, as 16 lower-case hex digits. */
export function textDigest(s: string): string {
  const d = new Digest();
  d.text(s);
  return d.hex();
}
