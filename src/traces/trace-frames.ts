// The frames of a trace file, whatever its packing and form: text of any tool, or a trace.dat. What an import and a check read alike.
import { isAscii } from 'node:buffer';
import { open, rm } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { decompress } from 'fzstd';
import { BadInput } from '../core/base/errors.js';
import type { Frame } from '../core/traces/frames/frame.js';
import { FrameReader, type FrameReport } from '../core/traces/frames/frame-reader.js';
import { type DatReport, traceDatFrames } from '../core/traces/trace-dat/trace-dat.js';
import { receive } from '../exports/upload.js';
import {
  headOf,
  kindOf,
  type Packing,
  packingOf,
  readExactly,
  TraceBytes,
  type TraceLimits,
} from './trace-bytes.js';

/** Frames of a trace.dat between two looks at whether a part is ready. */
const DAT_FRAMES = 4_096;
/** What mail programs make of white space. */
const MAIL_SPACE = /[\u00a0\ufffd]/g;

export interface TraceFile {
  readonly file: string;
  readonly limits: TraceLimits;
  /** Where a packed trace.dat is unpacked. */
  readonly spool: string;
}

export interface FramesRead {
  readonly packing: Packing;
  readonly bytes: TraceBytes;
  /** Of a text. */
  readonly report: FrameReport | null;
  /** Of a trace.dat. */
  readonly dat: DatReport | null;
  /** Why the file ended before its end, in words; null: it did not. */
  readonly broken: string | null;
}

type OnFrame = (frame: Frame) => void;

/** Pushes the file through; stops now and then so that what is ready is taken. */
export async function* readFrames(of: TraceFile, onFrame: OnFrame): AsyncGenerator<undefined, FramesRead> {
  const packing = packingOf(await headOf(of.file));
  const bytes = new TraceBytes(of.file, packing, of.limits);
  const pieces = bytes.pieces();
  const first = await pieces.next();
  if (first.done === true)
    throw new BadInput('not-a-trace', bytes.broken ?? 'the file is empty; expected a trace', [
      'tracefs trace',
    ]);
  if (kindOf(first.value) === 'trace.dat') {
    await pieces.return(undefined);
    const dat = yield* readDat(of, packing, onFrame);
    return { packing, bytes, report: null, dat, broken: bytes.broken };
  }
  const reader = new FrameReader(onFrame);
  const decoder = new StringDecoder('utf8');
  const push = (piece: Uint8Array): void => {
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    if (isAscii(buffer)) {
      const text = buffer.toString('latin1');
      const before = decoder.end();
      if (before === '') reader.push(text, buffer);
      else reader.push(before + text);
      return;
    }
    reader.push(decoder.write(buffer).replace(MAIL_SPACE, ' '));
  };
  push(withoutMark(first.value));
  for await (const piece of pieces) {
    push(piece);
    yield undefined;
  }
  reader.push(decoder.end());
  const report = reader.end();
  return { packing, bytes, report, dat: null, broken: bytes.broken ?? report.cut };
}

/** Some editors put a mark of UTF-8 in front. */
function withoutMark(head: Uint8Array): Uint8Array {
  return UTF8_MARK.every((byte, k) => head[k] === byte) ? head.subarray(UTF8_MARK.length) : head;
}
const UTF8_MARK = [0xef, 0xbb, 0xbf];

/** A trace.dat is read at places of its own choosing: packed as a whole it is unpacked first. */
async function* readDat(
  of: TraceFile,
  packing: Packing,
  onFrame: OnFrame,
): AsyncGenerator<undefined, DatReport> {
  if (packing === 'none') return yield* unpackedDat(of.file, onFrame);
  const { limits, spool } = of;
  const room = { name: 'MAX_TRACE_INFLATED_BYTES', maxBytes: limits.maxInflatedBytes };
  const file = await receive(new TraceBytes(of.file, packing, limits).pieces(), spool, room);
  try {
    return yield* unpackedDat(file, onFrame);
  } finally {
    await rm(file, { force: true });
  }
}

async function* unpackedDat(file: string, onFrame: OnFrame): AsyncGenerator<undefined, DatReport> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const access = { size, read: (at: number, n: number) => readExactly(handle.fd, at, n) };
    const frames = traceDatFrames(access, unpackBlock);
    for (let n = 1; ; n++) {
      const { value, done } = frames.next();
      if (done === true) return value;
      onFrame(value);
      if (n % DAT_FRAMES === 0) yield undefined;
    }
  } finally {
    await handle.close();
  }
}

function unpackBlock(algorithm: string, packed: Uint8Array, size: number): Uint8Array {
  if (algorithm !== 'zstd')
    throw new BadInput('trace-dat-damaged', `trace.dat: packed with ${algorithm}; expected zstd or none`, [
      'zstd',
      'none',
    ]);
  try {
    return decompress(packed, new Uint8Array(size));
  } catch (error) {
    throw new BadInput('trace-dat-damaged', `trace.dat: a packed block is damaged (${String(error)})`);
  }
}
