// The outer form of a session file: a header, then blocks. A block has a kind, its length before and after compression,
// and a checksum over all of that, so damage is found where it is, and nothing is unpacked beyond what was announced and
// what its kind may take. All numbers are little-endian.
//
//   header  8 bytes magic, u16 version, u16 zero, u32 CRC-32 of these 12 bytes
//   block   u8 kind, u8 packing (0 as is, 1 raw deflate), u16 zero, u32 length here, u32 length unpacked,
//           u32 CRC-32 of these 12 bytes and the body, body
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { BadInput } from '../../core/base/errors.js';

/** A first byte beyond ASCII and both kinds of line end: a transfer as text shows at once. */
const MAGIC = Uint8Array.of(0x89, 0x52, 0x54, 0x4c, 0x53, 0x0d, 0x0a, 0x1a);
export const FILE_VERSION = 1;
/** Of a file that has the lines of a trace: an older build does not know those blocks. */
export const TRACE_FILE_VERSION = 2;
const VERSIONS: readonly number[] = [FILE_VERSION, TRACE_FILE_VERSION];
const HEADER_BYTES = 16;
const BLOCK_HEADER_BYTES = 16;

export const BLOCK = {
  session: 1,
  names: 2,
  rows: 3,
  decisions: 4,
  snapshot: 5,
  inputs: 6,
  trace: 7,
  lines: 8,
  end: 255,
} as const;
export type BlockName = keyof typeof BLOCK;
const PACKING = { asIs: 0, deflate: 1 } as const;
const DEFLATE = { level: 6 } as const;

const MIB = 1024 * 1024;
/** MAX_BLOCK_BYTES: what a block of each kind may take, unpacked. */
const MAX_BLOCK_BYTES: { readonly [N in BlockName]: number } = {
  session: MIB,
  names: 4 * MIB,
  rows: 8 * MIB,
  decisions: 16 * MIB,
  inputs: 4 * MIB,
  trace: 4 * MIB,
  // Packed already.
  lines: 32 * MIB,
  // Snapshots are packed already; larger ones are left out, as they can be made again.
  snapshot: 64 * MIB,
  end: 4_096,
};
export const MAX_SNAPSHOT_BLOCK_BYTES = MAX_BLOCK_BYTES.snapshot;
export const MAX_DECISION_BLOCK_BYTES = MAX_BLOCK_BYTES.decisions;

/** What the end block says of a whole file. */
export interface FileEnd {
  /** Blocks before this one. */
  readonly blocks: number;
  readonly rows: number;
  /** Over everything before this block. */
  readonly sha256: string;
}

export interface Block {
  readonly kind: BlockName;
  readonly body: Uint8Array;
}

export function fileHeader(version = FILE_VERSION): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  header.set(MAGIC);
  const view = new DataView(header.buffer);
  view.setUint16(8, version, true);
  view.setUint32(12, crc32(header.subarray(0, 12)), true);
  return header;
}

/** One block as bytes, packed where that helps. */
export function packBlock(kind: BlockName, body: Uint8Array): Uint8Array {
  const packed = kind === 'snapshot' || kind === 'lines' ? body : deflateRawSync(body, DEFLATE);
  const smaller = packed.length < body.length;
  const content = smaller ? packed : body;
  const block = new Uint8Array(BLOCK_HEADER_BYTES + content.length);
  const view = new DataView(block.buffer);
  view.setUint8(0, BLOCK[kind]);
  view.setUint8(1, smaller ? PACKING.deflate : PACKING.asIs);
  view.setUint32(4, content.length, true);
  view.setUint32(8, body.length, true);
  view.setUint32(12, crc32(content, crc32(block.subarray(0, 12))), true);
  block.set(content, BLOCK_HEADER_BYTES);
  return block;
}

/** The blocks of a file that arrives in pieces of any size. */
export class BlockReader {
  private readonly source: AsyncIterator<Uint8Array>;
  private pieces: Uint8Array[] = [];
  private held = 0;
  private begun = false;
  private blocks = 0;

  /** @param onBytes is shown every byte of the file before it is used, except those of the end block */
  constructor(
    source: AsyncIterable<Uint8Array>,
    private readonly onBytes: (bytes: Uint8Array) => void,
  ) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next block; the caller stops at the end block. */
  async next(): Promise<Block> {
    if (!this.begun) await this.readHeader();
    this.blocks++;
    const header = await this.take(BLOCK_HEADER_BYTES);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    const code = view.getUint8(0);
    const kind = (Object.keys(BLOCK) as BlockName[]).find((name) => BLOCK[name] === code);
    const packing = view.getUint8(1);
    const [length, unpacked] = [view.getUint32(4, true), view.getUint32(8, true)];
    if (kind === undefined || packing > PACKING.deflate || view.getUint16(2, true) !== 0)
      throw this.damaged('its header is none');
    if (length > MAX_BLOCK_BYTES[kind] || unpacked > MAX_BLOCK_BYTES[kind]) {
      throw new BadInput(
        'session-file-too-large',
        `block ${this.blocks} (${kind}) says ${Math.max(length, unpacked)} bytes; at most ${MAX_BLOCK_BYTES[kind]} are read (MAX_BLOCK_BYTES)`,
      );
    }
    const content = await this.take(length);
    if (crc32(content, crc32(header.subarray(0, 12))) !== view.getUint32(12, true))
      throw this.damaged('its checksum is another one');
    if (kind !== 'end') {
      this.onBytes(header);
      this.onBytes(content);
    }
    return { kind, body: this.unpack(content, packing, unpacked) };
  }

  /** True when nothing follows. */
  async atEnd(): Promise<boolean> {
    if (this.held > 0) return false;
    for (;;) {
      const { value, done } = await this.source.next();
      if (done === true) return true;
      if (value.length > 0) return false;
    }
  }

  private unpack(content: Uint8Array, packing: number, length: number): Uint8Array {
    let body = content;
    if (packing === PACKING.deflate) {
      try {
        // One byte more than announced is an error here, not memory.
        body = inflateRawSync(content, { maxOutputLength: Math.max(1, length) });
      } catch {
        throw this.damaged(`it does not unpack to ${length} bytes`);
      }
    }
    if (body.length !== length) throw this.damaged(`it unpacks to ${body.length} bytes, not ${length}`);
    return body;
  }

  private async readHeader(): Promise<void> {
    this.begun = true;
    const header = await this.take(HEADER_BYTES, true);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    if (!MAGIC.every((byte, i) => header[i] === byte)) throw notASessionFile();
    const version = view.getUint16(8, true);
    if (crc32(header.subarray(0, 12)) !== view.getUint32(12, true))
      throw this.damaged('the header is damaged');
    if (!VERSIONS.includes(version)) {
      throw new BadInput(
        'session-file-version',
        `the session file has version ${version}; this Rootline reads versions ${VERSIONS.join(' and ')}`,
        VERSIONS.map(String),
      );
    }
    this.onBytes(header);
  }

  /** Exactly so many bytes, in one piece. */
  private async take(length: number, first = false): Promise<Uint8Array> {
    while (this.held < length) {
      const { value, done } = await this.source.next();
      if (done === true) {
        if (first) throw notASessionFile();
        throw new BadInput(
          'session-file-truncated',
          `the session file ends in block ${this.blocks}, before its end block`,
        );
      }
      this.pieces.push(value);
      this.held += value.length;
    }
    const out = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const piece = this.pieces[0]!;
      const part = piece.subarray(0, length - at);
      out.set(part, at);
      at += part.length;
      if (part.length === piece.length) this.pieces.shift();
      else this.pieces[0] = piece.subarray(part.length);
    }
    this.held -= length;
    return out;
  }

  private damaged(why: string): BadInput {
    return damagedFile(`block ${this.blocks}: ${why}`);
  }
}

export function damagedFile(why: string): BadInput {
  return new BadInput('session-file-damaged', `the session file is damaged: ${why}`);
}

function notASessionFile(): BadInput {
  return new BadInput(
    'not-a-session-file',
    'this is no Rootline session file; expected one that `rootline export ID --format session` wrote',
  );
}
