// A stored chunk of a trace's lines: the decoded lines, then what they said as text, then how long that text is. Deflated as one.
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { BadInput } from '../core/base/errors.js';
import type { LineChunk } from '../core/imports/event-codec.js';
import type { TraceLines } from '../store/imports.port.js';

const DEFLATE = { level: 1 } as const;
/** Ends a chunk that has text: before the text was kept, a chunk ended with its lines. */
const MARK = Buffer.from('SAID', 'latin1');
const LENGTH_BYTES = 4;

export function packLines(chunk: LineChunk, number: number): TraceLines {
  const { fromLine, toLine, afterPosition, lines, bytes, said } = chunk;
  const text = Buffer.from(said, 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  const whole = Buffer.concat([bytes, text, length, MARK]);
  const deflated = new Uint8Array(deflateRawSync(whole, DEFLATE));
  return { number, fromLine, toLine, afterPosition, lines, size: whole.length, deflated };
}

/** `bytes` for readLines; `said` null: the trace was imported before its text was kept. */
export function unpackLines({ lines, size, deflated }: TraceLines): {
  readonly lines: number;
  readonly bytes: Uint8Array;
  readonly said: string | null;
} {
  const whole = inflateRawSync(deflated, { maxOutputLength: Math.max(1, size) });
  if (whole.length !== size)
    throw new BadInput(
      'trace-chunk-damaged',
      `a stored chunk of a trace has ${whole.length} bytes, not ${size}`,
    );
  const end = whole.length - MARK.length - LENGTH_BYTES;
  if (end < 0 || !whole.subarray(-MARK.length).equals(MARK)) return { lines, bytes: whole, said: null };
  const from = end - whole.readUInt32LE(end);
  if (from < 0) throw new BadInput('trace-chunk-damaged', 'a stored chunk of a trace ends before it begins');
  return { lines, bytes: whole.subarray(0, from), said: whole.toString('utf8', from, end) };
}
