// The bytes of a trace, unpacked: plain, gzip or zstd by their first bytes, bounded in size and in what they may unpack to. A
// file that was cut off in transfer gives what is in it, and says so.
import { createReadStream, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { MAX_TRACE_INFLATED_BYTES, MAX_TRACE_RATIO } from '../config/limits.js';
import { BadInput } from '../core/base/errors.js';
import { isTraceDat } from '../core/traces/trace-dat/dat-file.js';

export type Packing = 'none' | 'gzip' | 'zstd';

export interface TraceLimits {
  readonly maxInflatedBytes: number;
  readonly maxRatio: number;
}

export const TRACE_LIMITS: TraceLimits = {
  maxInflatedBytes: MAX_TRACE_INFLATED_BYTES,
  maxRatio: MAX_TRACE_RATIO,
};

/** Small texts may pack as well as they like. */
const RATIO_FROM_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 256 * 1024;
/** zstd unpacks what it is given at once: little is given. */
const ZSTD_BYTES = 16 * 1024;
const HEAD_BYTES = 4_096;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const PERF = [...Buffer.from('PERFILE2', 'latin1')];
const UTF16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];
/** A file with a zero byte in front of this is no text. */
const BINARY_WITHIN_BYTES = 512;
const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, k) => bytes[k] === byte);

export function packingOf(head: Uint8Array): Packing {
  if (startsWith(head, GZIP)) return 'gzip';
  return startsWith(head, ZSTD) ? 'zstd' : 'none';
}

export async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What the unpacked bytes are; throws for what is certainly no trace. */
export function kindOf(head: Uint8Array): 'text' | 'trace.dat' {
  if (isTraceDat(head)) return 'trace.dat';
  if (startsWith(head, PERF))
    throw new BadInput(
      'not-a-trace',
      'this is a perf.data file; expected the text of "perf script -i FILE"',
      ['perf script'],
    );
  if (UTF16.some((mark) => startsWith(head, mark)))
    throw new BadInput(
      'not-a-trace',
      'the file is text in UTF-16, as some shells of Windows redirect it; expected UTF-8 or ASCII',
      ['tracefs trace'],
    );
  // Further on a zero is damage, as a crash leaves it in a file: the lines around it can be used.
  const nul = head.subarray(0, BINARY_WITHIN_BYTES).indexOf(0);
  if (nul >= 0)
    throw new BadInput(
      'not-a-trace',
      `the file is binary (a zero byte at offset ${nul}) and no trace.dat; expected text of tracefs (trace, trace_pipe), trace-cmd report or perf script, or a trace.dat, plain, gzip or zstd`,
      ['tracefs trace', 'trace_pipe', 'trace-cmd report', 'perf script', 'trace.dat'],
    );
  return 'text';
}

export class TraceBytes {
  /** Unpacked so far. */
  inflated = 0;
  /** Why the file ended before its end, in words; null: it did not. */
  broken: string | null = null;
  private read = 0;

  constructor(
    private readonly file: string,
    private readonly packing: Packing,
    private readonly limits: TraceLimits,
  ) {}

  async *pieces(): AsyncGenerator<Uint8Array> {
    if (this.packing === 'gzip') yield* this.gunzip();
    else if (this.packing === 'zstd') yield* this.unzstd();
    else {
      for await (const piece of createReadStream(this.file, { highWaterMark: READ_BYTES })) {
        this.count(piece as Uint8Array);
        yield piece as Uint8Array;
      }
    }
  }

  private count(piece: Uint8Array): void {
    this.inflated += piece.length;
    const { maxInflatedBytes, maxRatio } = this.limits;
    if (this.inflated > maxInflatedBytes)
      throw new BadInput(
        'trace-too-large',
        `the trace unpacks to more than MAX_TRACE_INFLATED_BYTES = ${maxInflatedBytes} bytes`,
      );
    if (this.packing === 'none' || this.inflated < RATIO_FROM_BYTES) return;
    if (this.inflated > this.read * maxRatio)
      throw new BadInput(
        'trace-bomb',
        `${this.read} bytes of ${this.packing} unpack to more than ${this.inflated}: over MAX_TRACE_RATIO = ${maxRatio} to one; no trace packs like that`,
      );
  }

  private async *gunzip(): AsyncGenerator<Uint8Array> {
    const source = createReadStream(this.file, { highWaterMark: READ_BYTES });
    source.on('data', (piece) => {
      this.read += piece.length;
    });
    const gunzip = createGunzip({ chunkSize: READ_BYTES });
    source.on('error', (error) => gunzip.destroy(error));
    source.pipe(gunzip);
    try {
      for await (const piece of gunzip) {
        this.count(piece as Uint8Array);
        yield piece as Uint8Array;
      }
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (!code.startsWith('Z_')) throw error;
      this.broken =
        code === 'Z_BUF_ERROR'
          ? `the gzip file ends after ${this.read} bytes, before its end`
          : `the gzip file is damaged near byte ${this.read} (${(error as Error).message})`;
    } finally {
      source.destroy();
      gunzip.destroy();
    }
  }

  private async *unzstd(): AsyncGenerator<Uint8Array> {
    let ready: Uint8Array[] = [];
    const unpack = new Decompress((piece) => {
      this.count(piece);
      ready.push(piece);
    });
    let last = false;
    for await (const data of createReadStream(this.file, { highWaterMark: READ_BYTES })) {
      const piece = data as Uint8Array;
      for (let at = 0; at < piece.length && this.broken === null; at += ZSTD_BYTES) {
        const part = piece.subarray(at, at + ZSTD_BYTES);
        this.read += part.length;
        this.attempt(() => unpack.push(part, false));
        const out = ready;
        ready = [];
        yield* out;
      }
      if (this.broken !== null) return;
      last = true;
    }
    if (last) this.attempt(() => unpack.push(new Uint8Array(0), true));
    yield* ready;
  }

  private attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (error instanceof BadInput) throw error;
      this.broken = `the zstd file is damaged or ends near byte ${this.read} (${error instanceof Error ? error.message : String(error)})`;
    }
  }
}

/** Exactly so many bytes of an open file. */
export function readExactly(fd: number, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const n = readSync(fd, out, at, length - at, offset + at);
    if (n === 0) throw new BadInput('trace-dat-damaged', `trace.dat: it ends at byte ${offset + at}`);
    at += n;
  }
  return out;
}
