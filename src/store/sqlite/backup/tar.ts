// The container of a backup: a plain tar (ustar) of a few known members, so that `tar -tf` can look into it. Written and
// read here because what is needed is a page of code: no links, no folders, no foreign names, sizes up to 2^53.
import { queryRefused } from '../../store.errors.js';

export const TAR_BLOCK = 512;
const SIZE_AT = 124;
const SIZE_LENGTH = 12;
const CHECKSUM_AT = 148;
const OCTAL_SIZE_MAX = 8 ** 11;

export interface TarMember {
  readonly name: string;
  readonly size: number;
}

/** Bytes that fill up the last block of a member. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

export function tarHeader({ name, size }: TarMember, seconds: number): Uint8Array {
  const header = Buffer.alloc(TAR_BLOCK);
  const octal = (value: number, at: number, length: number): void => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < OCTAL_SIZE_MAX) octal(size, SIZE_AT, SIZE_LENGTH);
  else {
    // GNU's form for large files: the high bit, then the number in binary.
    header[SIZE_AT] = 0x80;
    header.writeBigUInt64BE(BigInt(size), SIZE_AT + 4);
  }
  octal(seconds, 136, 12);
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(' ', CHECKSUM_AT, CHECKSUM_AT + 8);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1');
  return header;
}

/** Two empty blocks. */
export const TAR_END: Uint8Array = new Uint8Array(2 * TAR_BLOCK);

/** Null for an empty block: the end. Throws `query_refused` when this is no header. */
export function readTarHeader(block: Buffer, file: string): TarMember | null {
  if (block.every((byte) => byte === 0)) return null;
  const stored = Number.parseInt(block.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + 6), 8);
  const copy = Buffer.from(block);
  copy.fill(' ', CHECKSUM_AT, CHECKSUM_AT + 8);
  if (checksum(copy) !== stored || block.toString('latin1', 257, 262) !== 'ustar')
    throw queryRefused(`${file} is not a backup, or is damaged`, 'a file that `rootline backup` wrote');
  const end = block.indexOf(0);
  const name = block.toString('latin1', 0, Math.min(end < 0 ? 100 : end, 100));
  const size =
    block[SIZE_AT]! === 0x80
      ? Number(block.readBigUInt64BE(SIZE_AT + 4))
      : Number.parseInt(block.toString('latin1', SIZE_AT, SIZE_AT + SIZE_LENGTH - 1), 8);
  return { name, size };
}

function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte) => sum + byte, 0);
}
