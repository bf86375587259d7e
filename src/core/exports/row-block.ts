// Rows of a session as one block of bytes, and back. Each column is written for itself as small differences, which any
// general compressor then shrinks to almost nothing: measured 0.1 to 2.6 bytes an event after deflate, most of it the
// 32-bit hashes of Counted rows. A value is held against the last row of the same site and type, because one line of
// kernel code says nearly the same each time. Every block stands for itself.
import { BadInput } from '../base/errors.js';
import { ByteReader, ByteWriter } from '../base/varint.js';

/** The columns of stored rows; the same as the run's contract has them. */
export interface RowColumns {
  readonly length: number;
  readonly skipped: Float64Array;
  readonly timeNs: Float64Array;
  readonly thread: Uint8Array;
  readonly site: Uint16Array;
  readonly type: Uint8Array;
  readonly subject: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
}

export interface RowBlock {
  /** Position of the first row. */
  readonly from: number;
  readonly columns: RowColumns;
}

/** Rows of one block. */
export const MAX_BLOCK_ROWS = 65_536;
/** No column of a block takes more bytes a row than a number below 2^53 as a varint. */
export const MAX_ROW_BYTES = 9 * 8 + 1;
/** Differences of times are doubled to carry their sign, so times stay below this: 52 virtual days. */
const MAX_WIDE = 2 ** 52;

const STREAMS = ['thread', 'site', 'type', 'timeNs', 'skipped', 'subject', 'a', 'b', 'c'] as const;
type Stream = (typeof STREAMS)[number];
const SITES = 65_536;
const THREADS = 256;

/** What the last row of one (site, type) said. */
interface Said {
  subject: number;
  a: number;
  b: number;
  c: number;
}

/** The same memory on both sides: what the next row is held against. */
class Context {
  readonly siteOfThread = new Int32Array(THREADS);
  readonly typeOfSite = new Int16Array(SITES).fill(-1);
  private readonly said = new Map<number, Said>();

  last(site: number, type: number): Said {
    const key = site * 256 + type;
    let said = this.said.get(key);
    if (said === undefined) {
      said = { subject: 0, a: 0, b: 0, c: 0 };
      this.said.set(key, said);
    }
    return said;
  }
}

/** Signed whole numbers beyond 32 bits. */
function writeWide(out: ByteWriter, difference: number): void {
  out.uint(difference >= 0 ? difference * 2 : -difference * 2 - 1);
}

function readWide(bytes: ByteReader): number {
  const u = bytes.uint();
  return u % 2 === 0 ? u / 2 : -(u + 1) / 2;
}

export function encodeRows(from: number, columns: RowColumns): Uint8Array {
  const { length, skipped, timeNs, thread, site, type, subject, a, b, c } = columns;
  const out = Object.fromEntries(STREAMS.map((name) => [name, new ByteWriter()])) as Record<
    Stream,
    ByteWriter
  >;
  const context = new Context();
  let lastTimeNs = 0;
  let lastSkipped = 0;
  for (let i = 0; i < length; i++) {
    const [t, s, y] = [thread[i]!, site[i]!, type[i]!];
    out.thread.uint(t);
    out.site.int(s - context.siteOfThread[t]!);
    context.siteOfThread[t] = s;
    out.type.uint(context.typeOfSite[s] === y ? 0 : y + 1);
    context.typeOfSite[s] = y;
    writeWide(out.timeNs, checkWide('time', timeNs[i]!) - lastTimeNs);
    lastTimeNs = timeNs[i]!;
    writeWide(out.skipped, checkWide('ordinal', skipped[i]!) - lastSkipped);
    lastSkipped = skipped[i]!;
    const last = context.last(s, y);
    out.subject.int((subject[i]! - last.subject) | 0);
    out.a.int((a[i]! - last.a) | 0);
    out.b.int((b[i]! - last.b) | 0);
    out.c.int((c[i]! - last.c) | 0);
    last.subject = subject[i]!;
    last.a = a[i]!;
    last.b = b[i]!;
    last.c = c[i]!;
  }
  const head = new ByteWriter();
  head.uint(from);
  head.uint(length);
  const streams = STREAMS.map((name) => out[name].take());
  for (const stream of streams) head.uint(stream.length);
  return concat([head.take(), ...streams]);
}

/** Throws BadInput (`row-block`) for bytes that encodeRows cannot have written. */
export function decodeRows(bytes: Uint8Array): RowBlock {
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw refused('a column ends in the middle of a number');
    throw error;
  }
}

function decode(bytes: Uint8Array): RowBlock {
  const head = new ByteReader(bytes);
  const from = head.uint();
  const length = head.uint();
  if (!Number.isSafeInteger(from) || from < 1) throw refused(`it begins at position ${from}`);
  if (length < 1 || length > MAX_BLOCK_ROWS) throw refused(`it has ${length} rows`);
  const lengths = STREAMS.map(() => head.uint());
  let at = head.at;
  const streams = Object.fromEntries(
    STREAMS.map((name, k) => {
      const stream = bytes.subarray(at, at + lengths[k]!);
      at += lengths[k]!;
      return [name, new ByteReader(stream)];
    }),
  ) as Record<Stream, ByteReader>;
  if (at !== bytes.length) throw refused(`its columns take ${at} bytes of ${bytes.length}`);
  const columns = allocate(length);
  readColumns(streams, columns);
  if (!STREAMS.every((name) => streams[name].done)) throw refused('a column has more values than rows');
  return { from, columns };
}

function readColumns(streams: Record<Stream, ByteReader>, columns: RowColumns): void {
  const context = new Context();
  let timeNs = 0;
  let skipped = 0;
  for (let i = 0; i < columns.length; i++) {
    const thread = within('thread', streams.thread.uint(), THREADS);
    const site = within('site', context.siteOfThread[thread]! + streams.site.int(), SITES);
    context.siteOfThread[thread] = site;
    const told = streams.type.uint();
    const type = within('type', told === 0 ? context.typeOfSite[site]! : told - 1, 256);
    context.typeOfSite[site] = type;
    timeNs = checkWide('time', timeNs + readWide(streams.timeNs));
    skipped = checkWide('ordinal', skipped + readWide(streams.skipped));
    const last = context.last(site, type);
    last.subject = (last.subject + streams.subject.int()) | 0;
    last.a = (last.a + streams.a.int()) | 0;
    last.b = (last.b + streams.b.int()) | 0;
    last.c = (last.c + streams.c.int()) | 0;
    columns.thread[i] = thread;
    columns.site[i] = site;
    columns.type[i] = type;
    columns.timeNs[i] = timeNs;
    columns.skipped[i] = skipped;
    columns.subject[i] = last.subject;
    columns.a[i] = last.a;
    columns.b[i] = last.b;
    columns.c[i] = last.c;
  }
}

function allocate(length: number): RowColumns {
  return {
    length,
    skipped: new Float64Array(length),
    timeNs: new Float64Array(length),
    thread: new Uint8Array(length),
    site: new Uint16Array(length),
    type: new Uint8Array(length),
    subject: new Int32Array(length),
    a: new Int32Array(length),
    b: new Int32Array(length),
    c: new Int32Array(length),
  };
}

function within(what: string, value: number, end: number): number {
  if (value >= 0 && value < end) return value;
  throw refused(`a ${what} is ${value}`);
}

function checkWide(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < MAX_WIDE) return value;
  throw refused(`a ${what} is ${value}`);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function refused(why: string): BadInput {
  return new BadInput('row-block', `a block of rows cannot be used: ${why}`);
}
