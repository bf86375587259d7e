// The reader thread: long reads, so that neither the main thread nor the writer waits for them.
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import type { EventRows, FoldRows } from '../event-rows.js';
import { encodeFrame, frameQuery } from '../feed-frames.js';
import { ndjsonOf } from '../readable-rows.js';
import { Handover, serveCalls } from '../rpc.js';
import { SessionNames } from '../session-names.js';
import { SqliteEventReader } from './sqlite-event-reader.js';
import type { ReaderCalls, ReaderData } from './wire.js';

const port = ensure(parentPort, 'the port to the main thread');
const { file, limits } = workerData as ReaderData;
const reader = new SqliteEventReader(file, limits);
const names = new SessionNames((sessionId) => reader.dictionary(sessionId));
const encoder = new TextEncoder();

/** Every column's buffer: each was made for this page. */
function buffersOf(rows: EventRows | FoldRows): ArrayBuffer[] {
  return Object.values(rows)
    .filter((column): column is ArrayBufferView => ArrayBuffer.isView(column))
    .map((column) => column.buffer as ArrayBuffer);
}

serveCalls<ReaderCalls>(port, {
  rows: ({ sessionId, query }) => {
    const page = reader.rows(sessionId, query);
    return new Handover(page, buffersOf(page.rows));
  },
  fold: ({ sessionId, from, limit, to }) => {
    const page = reader.fold(sessionId, from, limit, to);
    return new Handover(page, buffersOf(page.rows));
  },
  numbers: ({ sessionId, from, limit, to }) => {
    const page = reader.numbers(sessionId, from, limit, to);
    return new Handover(page, [page.rows.numbers.buffer as ArrayBuffer]);
  },
  ndjson: ({ sessionId, query }) => {
    const { rows, next } = reader.rows(sessionId, query);
    const text = encoder.encode(ndjsonOf(rows, names.of(sessionId, rows)));
    return new Handover({ text, next }, [text.buffer]);
  },
  frame: ({ sessionId, request }) => {
    const { rows, next } = reader.rows(sessionId, frameQuery(request));
    const frame = encodeFrame(sessionId, request, rows, next, names.of(sessionId, rows));
    return new Handover(frame, [frame.bytes.buffer as ArrayBuffer]);
  },
  decisions: ({ sessionId }) => {
    const log = reader.decisions(sessionId);
    return new Handover(log, [log.bytes.buffer as ArrayBuffer]);
  },
  survey: () => reader.survey(),
  close: () => {
    reader.close();
    return null;
  },
});
