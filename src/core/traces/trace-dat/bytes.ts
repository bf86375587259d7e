// Reading numbers and strings out of a file that lies somewhere else. 64-bit words come as numbers where they are sizes, as
// two halves where they may be addresses.
import { BadInput } from '../../base/errors.js';

/** A file that is read in pieces: whoever has it decides where it lies. */
export interface RandomAccess {
  readonly size: number;
  /** Exactly so many bytes; the caller stays within `size`. */
  read(offset: number, length: number): Uint8Array;
}

export function damaged(what: string): BadInput {
  return new BadInput('trace-dat-damaged', `trace.dat: ${what}; expected a whole file of version 6 or 7`, [
    'trace.dat v6',
    'trace.dat v7',
  ]);
}

/** A cursor over bytes in the file's own byte order. */
export class Bytes {
  at = 0;
  private readonly view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly littleEndian: boolean,
    /** Names the part of the file in errors. */
    private readonly part: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  private take(length: number): number {
    if (length > this.left || length < 0)
      throw damaged(
        `${this.part} ends after ${this.bytes.length} bytes, ${length} more were expected at ${this.at}`,
      );
    const from = this.at;
    this.at += length;
    return from;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }
  u16(): number {
    return this.view.getUint16(this.take(2), this.littleEndian);
  }
  u32(): number {
    return this.view.getUint32(this.take(4), this.littleEndian);
  }
  /** A size or an offset: a value beyond the safe integers is damage. */
  u64(): number {
    const from = this.take(8);
    const low = this.view.getUint32(from + (this.littleEndian ? 0 : 4), this.littleEndian);
    const high = this.view.getUint32(from + (this.littleEndian ? 4 : 0), this.littleEndian);
    const n = high * 0x1_0000_0000 + low;
    if (!Number.isSafeInteger(n)) throw damaged(`${this.part} has a size of ${n}`);
    return n;
  }
  slice(length: number): Uint8Array {
    const from = this.take(length);
    return this.bytes.subarray(from, from + length);
  }
  /** Up to and without the NUL. */
  text(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw damaged(`${this.part} has a text without an end`);
    const out = latin1(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return out;
  }
}

const CHUNK = 8_192;

export function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let at = 0; at < bytes.length; at += CHUNK)
    out += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, bytes.length)));
  return out;
}
