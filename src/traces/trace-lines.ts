// The decoded lines of a recording: of a file, read as an import reads it and stored nowhere, or of an imported session.
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { BadInput } from '../core/base/errors.js';
import { readLines, type TracedLine } from '../core/imports/event-codec.js';
import type { EventReader, EventStore } from '../store/event-store.port.js';
import type { TraceLines } from '../store/imports.port.js';
import { readTrace } from './read-trace.js';
import type { TraceOrder } from './trace-messages.js';

/** Lines that are kept at most: what is done with them keeps them all. */
export const MAX_LINES_KEPT = 200_000;
/** Chunks that are asked for at once. */
const CHUNKS_AT_ONCE = 16;

/** Lines of consequence up to line `to`. */
export async function linesOfFile(
  file: string,
  kernel: string | null,
  to: number,
  limits: TraceOrder['limits'],
): Promise<TracedLine[]> {
  const lines: TracedLine[] = [];
  const order = { file, name: basename(file), kernel, kprobeProfile: '', spool: tmpdir(), limits };
  for await (const told of readTrace(order)) {
    if (told.kind !== 'part') continue;
    for (const chunk of told.part.traceLines ?? []) {
      take(chunk, lines, to);
      if (chunk.toLine >= to) return lines;
    }
  }
  return lines;
}

/** Of an imported session; throws BadInput where it is none. */
export function linesOfSession(reader: EventReader, sessionId: string, to: number): TracedLine[] {
  if (reader.traceSummary(sessionId) === null) throw notImported(sessionId);
  const lines: TracedLine[] = [];
  for (let from = 1; ; ) {
    const chunks = reader.traceLines(sessionId, from, CHUNKS_AT_ONCE);
    for (const chunk of chunks) {
      take(chunk, lines, to);
      if (chunk.toLine >= to) return lines;
      from = chunk.number + 1;
    }
    if (chunks.length === 0) return lines;
  }
}

/** The packed lines of an imported session up to line `to`, for another thread; throws BadInput where it is none. */
export async function chunksOfSession(
  store: Pick<EventStore, 'traceSummary' | 'traceLines' | 'getSession'>,
  sessionId: string,
  to: number,
): Promise<TraceLines[]> {
  await store.getSession(sessionId);
  if ((await store.traceSummary(sessionId)) === null) throw notImported(sessionId);
  const out: TraceLines[] = [];
  let lines = 0;
  for (let from = 1; lines <= MAX_LINES_KEPT; ) {
    const chunks = await store.traceLines(sessionId, from, CHUNKS_AT_ONCE);
    for (const chunk of chunks) {
      if (chunk.fromLine > to) return out;
      out.push(chunk);
      lines += chunk.lines;
      from = chunk.number + 1;
    }
    if (chunks.length === 0) break;
  }
  return out;
}

export function linesOfChunks(chunks: readonly TraceLines[], to: number): TracedLine[] {
  const lines: TracedLine[] = [];
  for (const chunk of chunks) take(chunk, lines, to);
  return lines;
}

const notImported = (sessionId: string): BadInput =>
  new BadInput(
    'not-imported',
    `session ${sessionId} is no imported trace; expected one that "rootline import" made`,
  );

function take(chunk: TraceLines, lines: TracedLine[], to: number): void {
  const bytes = inflateRawSync(chunk.deflated, { maxOutputLength: Math.max(1, chunk.size) });
  for (const line of readLines({ lines: chunk.lines, bytes: new Uint8Array(bytes) })) {
    if (line.lineNumber > to) continue;
    if (lines.length >= MAX_LINES_KEPT)
      throw new BadInput(
        'traced-limit',
        `more than ${MAX_LINES_KEPT} lines up to line ${line.lineNumber}: choose a window that ends earlier`,
      );
    lines.push(line);
  }
}
