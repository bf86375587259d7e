// The lines of an imported trace in a session file: what the import came to, as JSON, and chunks of lines as the store has them, a
// line of JSON in front of each that says what it is. From outside they are read once, so that what has no readable form is refused.
import { z } from 'zod';
import { readLines } from '../../core/imports/event-codec.js';
import { saidFrames } from '../../core/imports/said.js';
import type { TraceLines } from '../../store/imports.port.js';
import { unpackLines } from '../../traces/line-chunk.js';
import { damagedFile } from './frames.js';

const NEWLINE = 10;
const MAX_HEAD_BYTES = 1_024;
/** MAX_CHUNK_BYTES: lines and their text, unpacked. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const head = z.strictObject({
  number: count.min(1),
  fromLine: count,
  toLine: count,
  afterPosition: count,
  lines: count.min(1).max(1_000_000),
  size: count.min(1).max(MAX_CHUNK_BYTES),
});
/** What everything that shows an import reads of it. */
const summary = z.looseObject({
  format: z.string(),
  lines: count,
  warnings: z.array(z.string()),
  roots: z.looseObject({}),
});

export interface ReadLines {
  readonly chunk: TraceLines;
  /** Events of the session that its lines made. */
  readonly rows: number;
}

export function linesBlock({ deflated, ...what }: TraceLines): Uint8Array {
  const line = new TextEncoder().encode(`${JSON.stringify(head.parse(what))}\n`);
  const body = new Uint8Array(line.length + deflated.length);
  body.set(line);
  body.set(deflated, line.length);
  return body;
}

export function readLinesBlock(body: Uint8Array): ReadLines {
  const at = body.subarray(0, MAX_HEAD_BYTES).indexOf(NEWLINE);
  try {
    const read = head.parse(JSON.parse(new TextDecoder().decode(body.subarray(0, Math.max(0, at)))));
    const chunk = { ...read, deflated: body.slice(at + 1) };
    const { said, ...lines } = unpackLines(chunk);
    let rows = 0;
    for (const line of readLines(lines)) rows += line.rows;
    if (said !== null) for (const frame of saidFrames(said)) if (frame.kind === 'blank') break;
    return { chunk, rows };
  } catch {
    throw damagedFile("a chunk of the trace's lines is not what it says");
  }
}

export function readTraceSummary(body: Uint8Array): string {
  const text = new TextDecoder().decode(body);
  try {
    summary.parse(JSON.parse(text));
  } catch {
    throw damagedFile('what is told of the trace is not readable');
  }
  return text;
}
