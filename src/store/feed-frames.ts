// One message of the live feed: the rows of a range of positions, in one of two encodings, ready to be sent. The bytes
// hold nothing of the reader that they go to, so that any number of readers share them.
//
// `objects`: the JSON text {"kind":"events","session":ID,"from":F,"to":T,"events":[...]}, its events as NDJSON lines
// have them.
//
// `compact`: columns, little endian. The offsets keep every column aligned to the size of its numbers:
//
//   offset  size
//   0       1     1: events
//   1       1     1: version of this layout
//   2       2     flags: 1 = the column `position` is there, 2 = the column `skipped` is there
//   4       4     n: number of events
//   8       8     number of the session (float64, as the next two)
//   16      8     from: first position that the message covers
//   24      8     to: last position that it covers
//   32      8 n   timeNs      float64
//           8 n   position    float64, only with flag 1; else event i has position from + i
//           8 n   skipped     float64, only with flag 2; else 0; ordinal = position + skipped
//           4 n   subject     int32: number * 16 + kind
//           4 n   a, b, c     int32, one column after the other: the values in the order of the type's names
//           2 n   site        uint16: function and label, 0 = none
//           1 n   thread      uint8
//           1 n   type        uint8
//
// What the numbers mean is in the frames `catalogue` and `names` that come before.
import type { EventRows } from './event-rows.js';
import type { EncodedFrame, FeedEncoding, FrameRequest, RowQuery } from './event-store.port.js';
import { type NameTable, objectsText } from './readable-rows.js';

export const COMPACT_VERSION = 1;
export const COMPACT_HEADER_BYTES = 32;
export const HAS_POSITION = 1;
export const HAS_SKIPPED = 2;

export function frameQuery({ from, to, limit, filters }: FrameRequest): RowQuery {
  return { from, to, limit, ...(filters === undefined ? {} : { filters }) };
}

/** @param next where the page that the rows are ends (see RowPage) */
export function encodeFrame(
  sessionId: string,
  { from, to: asked, encoding }: FrameRequest,
  rows: EventRows,
  next: number | null,
  names: NameTable,
): EncodedFrame {
  const to = next === null ? asked : next - 1;
  const bytes =
    encoding === 'compact'
      ? compactFrame(sessionId, from, to, rows)
      : objectsFrame(sessionId, from, to, rows, names);
  return { bytes, from, to, events: rows.length, names: names.size };
}

/** The range holds no row that is asked for; no store is needed to say so. */
export function emptyFrame(sessionId: string, from: number, to: number, encoding: FeedEncoding): Uint8Array {
  return encoding === 'compact'
    ? compactFrame(sessionId, from, to, null)
    : objectsFrame(sessionId, from, to, null, null);
}

const encoder = new TextEncoder();

function objectsFrame(
  sessionId: string,
  from: number,
  to: number,
  rows: EventRows | null,
  names: NameTable | null,
): Uint8Array {
  const objects = rows === null || names === null ? '' : objectsText(rows, names, ',');
  return encoder.encode(
    `{"kind":"events","session":"${sessionId}","from":${from},"to":${to},"events":[${objects.slice(0, -1)}]}`,
  );
}

function compactFrame(sessionId: string, from: number, to: number, rows: EventRows | null): Uint8Array {
  const n = rows?.length ?? 0;
  const hasPosition = n !== 0 && n !== to - from + 1;
  const hasSkipped = rows?.skipped.some((skipped) => skipped !== 0) ?? false;
  const doubles = 1 + Number(hasPosition) + Number(hasSkipped);
  const buffer = new ArrayBuffer(COMPACT_HEADER_BYTES + n * (8 * doubles + 4 * 4 + 2 + 1 + 1));
  const head = new DataView(buffer);
  head.setUint8(0, 1);
  head.setUint8(1, COMPACT_VERSION);
  head.setUint16(2, (hasPosition ? HAS_POSITION : 0) | (hasSkipped ? HAS_SKIPPED : 0), true);
  head.setUint32(4, n, true);
  head.setFloat64(8, Number(sessionId), true);
  head.setFloat64(16, from, true);
  head.setFloat64(24, to, true);
  if (rows === null) return new Uint8Array(buffer);
  let at = COMPACT_HEADER_BYTES;
  const put = (Kind: ColumnKind, column: ArrayLike<number>): void => {
    new Kind(buffer, at, n).set(column);
    at += n * Kind.BYTES_PER_ELEMENT;
  };
  put(Float64Array, rows.timeNs);
  if (hasPosition) put(Float64Array, rows.position);
  if (hasSkipped) put(Float64Array, rows.skipped);
  for (const column of [rows.subject, rows.a, rows.b, rows.c]) put(Int32Array, column);
  put(Uint16Array, rows.site);
  put(Uint8Array, rows.thread);
  put(Uint8Array, rows.type);
  return new Uint8Array(buffer);
}

type ColumnKind =
  | Float64ArrayConstructor
  | Int32ArrayConstructor
  | Uint16ArrayConstructor
  | Uint8ArrayConstructor;
