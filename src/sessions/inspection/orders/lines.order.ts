// What some lines of an imported trace said, and which position of the session each of them made. Chunks hold lines in order,
// so the one that holds a line is found by halving.

import { readLines } from '../../../core/imports/event-codec.js';
import { saidFrames } from '../../../core/imports/said.js';
import type { Frame } from '../../../core/traces/frames/frame.js';
import type { EventReader } from '../../../store/event-store.port.js';
import type { TraceLines } from '../../../store/imports.port.js';
import { queryRefused } from '../../../store/store.errors.js';
import { unpackLines } from '../../../traces/line-chunk.js';
import { order } from '../order.js';

export interface LinesRequest {
  readonly sessionId: string;
  /** A line of the trace, from 1. */
  readonly around: number;
  readonly limit: number;
}

export interface LineView {
  readonly line: number;
  readonly kind: 'event' | 'call' | 'lost' | 'malformed';
  readonly cpu: number | null;
  readonly pid: number | null;
  readonly task: string | null;
  /** On the trace's own clock. */
  readonly time: number | null;
  /** Event, or function of a call. */
  readonly name: string;
  readonly text: string;
  /** First event of the session that it made; null: it made none. */
  readonly position: number | null;
}

export interface LinesReply {
  readonly lines: readonly LineView[];
}

export const linesOrder = order({ long: false }, (request: LinesRequest, context): LinesReply => {
  const { sessionId, around, limit } = request;
  const { reader } = context;
  if (reader.traceSummary(sessionId) === null)
    throw queryRefused(`session ${sessionId} is no imported trace`, 'an imported trace');
  const number = chunkOf(reader, sessionId, around);
  const found = lineViews(chunk(reader, sessionId, number), sessionId);
  const before = Math.floor(limit / 2);
  const at = (lines: readonly LineView[]): number => {
    const index = lines.findIndex(({ line }) => line >= around);
    return index < 0 ? lines.length : index;
  };
  // Near an end of its chunk a line's neighbours are in the next one.
  const ahead = at(found) < before ? lineViews(chunk(reader, sessionId, number - 1), sessionId) : [];
  const behind =
    found.length - at(found) < limit - before
      ? lineViews(chunk(reader, sessionId, number + 1), sessionId)
      : [];
  const all = [...ahead, ...found, ...behind];
  const from = Math.max(0, at(all) - before);
  return { lines: all.slice(from, from + limit) };
});

function chunk(reader: EventReader, sessionId: string, number: number): TraceLines | undefined {
  if (number < 1) return undefined;
  const [found] = reader.traceLines(sessionId, number, 1);
  return found?.number === number ? found : undefined;
}

/** Number of the chunk that holds the line, or of the last one before it. */
function chunkOf(reader: EventReader, sessionId: string, line: number): number {
  const reaches = (number: number): boolean => {
    const found = chunk(reader, sessionId, number);
    return found === undefined || found.toLine >= line;
  };
  let high = 1;
  while (!reaches(high)) high *= 2;
  let low = Math.floor(high / 2) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return chunk(reader, sessionId, low) === undefined ? Math.max(1, low - 1) : low;
}

function lineViews(packed: TraceLines | undefined, sessionId: string): LineView[] {
  if (packed === undefined) return [];
  const { lines, bytes, said } = unpackLines(packed);
  if (said === null)
    throw queryRefused(
      `session ${sessionId} was imported before the text of lines was kept; expected its trace imported again`,
      'a trace imported by this version',
    );
  const positions = new Map<number, number>();
  let position = packed.afterPosition;
  for (const { lineNumber, rows } of readLines({ lines, bytes })) {
    if (rows > 0 && !positions.has(lineNumber)) positions.set(lineNumber, position + 1);
    position += rows;
  }
  const views: LineView[] = [];
  for (const frame of saidFrames(said)) {
    const view = viewOf(frame, positions.get(lineOf(frame)) ?? null);
    if (view !== null) views.push(view);
  }
  return views;
}

function lineOf(frame: Frame): number {
  return 'lineNumber' in frame ? frame.lineNumber : 0;
}

function viewOf(frame: Frame, position: number | null): LineView | null {
  switch (frame.kind) {
    case 'event':
    case 'call': {
      const { lineNumber: line, cpu, pid, task, time } = frame;
      const said =
        frame.kind === 'event'
          ? { name: frame.event, text: frame.body }
          : { name: frame.function, text: frame.phase };
      return { line, kind: frame.kind, cpu, pid, task, time, ...said, position };
    }
    case 'lost': {
      const { lineNumber: line, cpu, events } = frame;
      const text = events === null ? 'events lost' : `${events} events lost`;
      return {
        line,
        kind: 'lost',
        cpu,
        pid: null,
        task: null,
        time: null,
        name: 'LOST EVENTS',
        text,
        position,
      };
    }
    case 'malformed': {
      const { lineNumber: line, reason, text } = frame;
      const nothing = { cpu: null, pid: null, task: null, time: null };
      return { line, kind: 'malformed', ...nothing, name: reason, text, position };
    }
    default:
      return null;
  }
}
