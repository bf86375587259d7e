// Just enough of the protobuf wire format to write messages: varints, fixed 64-bit words, text, and messages inside.
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

export class ProtoWriter {
  private bytes = new Uint8Array(1_024);
  private inner: ProtoWriter | null = null;
  length = 0;

  /** uint64, enum or bool: a whole number from 0 below 2^53. */
  uint(field: number, value: number): void {
    this.varint(field * 8 + VARINT);
    this.varint(value);
  }

  /** int64 of a whole number of at most 53 bits; below zero, of at most 32. */
  int(field: number, value: number): void {
    this.varint(field * 8 + VARINT);
    if (value >= 0) {
      this.varint(value);
      return;
    }
    // Two's complement in ten groups of seven bits; from the sixth on all are ones.
    for (let k = 0; k < 5; k++) this.byte(((value >> (7 * k)) & 0x7f) | 0x80);
    for (let k = 5; k < 9; k++) this.byte(0xff);
    this.byte(1);
  }

  /** fixed64 of a whole number from 0 below 2^53. */
  fixed64(field: number, value: number): void {
    this.varint(field * 8 + FIXED64);
    let rest = value;
    for (let k = 0; k < 8; k++) {
      this.byte(rest % 256);
      rest = Math.floor(rest / 256);
    }
  }

  text(field: number, text: string): void {
    this.varint(field * 8 + BYTES);
    const bytes = utf8(text);
    this.varint(bytes.length);
    this.append(bytes, bytes.length);
  }

  message(field: number, write: (message: ProtoWriter) => void): void {
    this.inner ??= new ProtoWriter();
    const { inner } = this;
    inner.length = 0;
    write(inner);
    this.varint(field * 8 + BYTES);
    this.varint(inner.length);
    this.append(inner.bytes, inner.length);
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const out = this.bytes.slice(0, this.length);
    this.length = 0;
    return out;
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  private byte(value: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
  }

  private append(bytes: Uint8Array, length: number): void {
    if (this.length + length > this.bytes.length) this.grow(length);
    this.bytes.set(bytes.subarray(0, length), this.length);
    this.length += length;
  }

  private grow(by: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

/** The core has no TextEncoder. */
export function utf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      const low = [(code >> 12) & 0x3f, (code >> 6) & 0x3f, code & 0x3f].map((bits) => 0x80 | bits);
      out.push(0xf0 | (code >> 18), ...low);
    }
  }
  return Uint8Array.from(out);
}
