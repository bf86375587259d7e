// A trace file as parts that a store can take, in the order in which it is read. Used in a thread of its own: whoever asks
// for the next part decides how fast the file is read.
import { isAscii } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { deflateRawSync } from 'node:zlib';
import { decompress } from 'fzstd';
import { BadInput } from '../core/base/errors.js';
import { EVENT_SCHEMA_VERSION } from '../core/events/catalogue.js';
import type { LineChunk } from '../core/imports/event-codec.js';
import type { TraceLayout } from '../core/imports/layouts.js';
import { TraceImport, type TraceSummary } from '../core/imports/trace-import.js';
import type { RowChunk } from '../core/imports/trace-rows.js';
import type { Manifest } from '../core/run/contract.js';
import { ENGINE_VERSION } from '../core/run/manifest.js';
import { TRACE_SCENARIO, UNKNOWN_PROTOCOL } from '../core/run/trace-session.js';
import { FrameReader, type FrameReport } from '../core/traces/frames/frame-reader.js';
import { readKprobeProfile } from '../core/traces/kprobe-profile.js';
import { type DatReport, traceDatFrames } from '../core/traces/trace-dat/trace-dat.js';
import { chunkTimeline } from '../store/channel/chunk-timeline.js';
import { packSnapshot } from '../store/channel/prepared-chunk.js';
import { EMPTY_PART, type ImportPart } from '../store/imports.port.js';
import { headOf, kindOf, packingOf, readExactly, TraceBytes } from './trace-bytes.js';
import type { FromTrace, TraceDocument, TraceOrder } from './trace-messages.js';
import { warningsOf } from './trace-warnings.js';

const DEFLATE = { level: 1 } as const;
/** Frames of a trace.dat between two looks at whether a part is ready. */
const DAT_FRAMES = 4_096;
/** What mail programs make of white space. */
const MAIL_SPACE = /[\u00a0\ufffd]/g;

type Ready = Extract<FromTrace, { kind: 'begin' | 'part' }>;

export async function* readTrace(order: TraceOrder): AsyncGenerator<FromTrace> {
  const { file } = order;
  const packing = packingOf(await headOf(file));
  const bytes = new TraceBytes(file, packing, order.limits);
  const ready: Ready[] = [];
  const trace = new TraceImport({
    kernel: order.kernel,
    kprobeMisses: readKprobeProfile(order.kprobeProfile).missed,
    onBegin: (layout) => ready.push({ kind: 'begin', manifest: manifestOf(order, layout) }),
    onRows: (chunk) => ready.push({ kind: 'part', part: rowsPart(chunk) }),
    onLines: lineParts(ready),
  });
  const source = readSource(order, bytes, packing, trace);
  let read: ReadSource;
  for (;;) {
    const { value, done } = await source.next();
    yield* ready.splice(0);
    if (done === true) {
      read = value;
      break;
    }
  }
  const { summary, progress, names } = trace.end();
  yield* ready.splice(0);
  const document = documentOf(summary, read, packing, bytes);
  const traceSummary = JSON.stringify(document);
  yield { kind: 'part', part: { ...EMPTY_PART, names, traceSummary } };
  yield { kind: 'whole', document, progress };
}

interface ReadSource {
  readonly report: FrameReport | null;
  readonly dat: DatReport | null;
}

/** Pushes the file through; stops now and then so that what is ready is taken. */
async function* readSource(
  order: TraceOrder,
  bytes: TraceBytes,
  packing: string,
  trace: TraceImport,
): AsyncGenerator<undefined, ReadSource> {
  const pieces = bytes.pieces();
  const first = await pieces.next();
  if (first.done === true)
    throw new BadInput('not-a-trace', bytes.broken ?? 'the file is empty; expected a trace', [
      'tracefs trace',
    ]);
  if (kindOf(first.value) === 'trace.dat') {
    await pieces.return(undefined);
    return { report: null, dat: yield* readDat(order, packing, trace) };
  }
  const reader = new FrameReader((frame) => trace.frame(frame));
  const decoder = new StringDecoder('utf8');
  const push = (piece: Uint8Array): void => {
    const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    if (isAscii(buffer)) {
      reader.push(decoder.end() + buffer.toString('latin1'));
      return;
    }
    reader.push(decoder.write(buffer).replace(MAIL_SPACE, ' '));
  };
  push(first.value);
  for await (const piece of pieces) {
    push(piece);
    yield undefined;
  }
  reader.push(decoder.end());
  return { report: reader.end(), dat: null };
}

/** A trace.dat is read at places of its own choosing: packed as a whole it is unpacked first. */
async function* readDat(
  order: TraceOrder,
  packing: string,
  trace: TraceImport,
): AsyncGenerator<undefined, DatReport> {
  let { file } = order;
  const plain = join(order.spool, `upload-dat-${process.pid}-${Date.now()}`);
  if (packing !== 'none') {
    const again = new TraceBytes(file, packing === 'gzip' ? 'gzip' : 'zstd', order.limits);
    await pipeline(Readable.from(again.pieces()), createWriteStream(plain));
    file = plain;
  }
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const access = { size, read: (at: number, n: number) => readExactly(handle.fd, at, n) };
    const frames = traceDatFrames(access, unpackBlock);
    for (let n = 1; ; n++) {
      const { value, done } = frames.next();
      if (done === true) return value;
      trace.frame(value);
      if (n % DAT_FRAMES === 0) yield undefined;
    }
  } finally {
    await handle.close();
    await rm(plain, { force: true });
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

function manifestOf(order: TraceOrder, layout: TraceLayout): Manifest {
  return {
    scenario: TRACE_SCENARIO,
    protocol: layout.kernel ?? UNKNOWN_PROTOCOL,
    seed: 0,
    scheduler: 'scripted',
    recording: 'full',
    invariants: false,
    parameters: { file: order.name, layout: layout.how, kernel: order.kernel ?? '' },
    costs: {},
    limits: {},
    engine: ENGINE_VERSION,
    protocolDigest: '',
    eventSchema: EVENT_SCHEMA_VERSION,
  };
}

function rowsPart({ from, columns, names, snapshot }: RowChunk): ImportPart {
  return {
    ...EMPTY_PART,
    names,
    rows: { from, columns, timeline: chunkTimeline(columns, from) },
    // Nothing led there but the trace; the chunk says how far it goes.
    decisions: [{ fromPosition: from - 1, toPosition: from + columns.length - 1, decisions: NO_DECISIONS }],
    snapshots: snapshot === null ? [] : [packSnapshot(snapshot)],
  };
}
const NO_DECISIONS = new Uint8Array(0);

function lineParts(ready: Ready[]): (chunk: LineChunk) => void {
  let number = 0;
  return ({ fromLine, toLine, afterPosition, lines, bytes }) => {
    number++;
    const deflated = new Uint8Array(deflateRawSync(bytes, DEFLATE));
    const chunk = { number, fromLine, toLine, afterPosition, lines, size: bytes.length, deflated };
    ready.push({ kind: 'part', part: { ...EMPTY_PART, traceLines: [chunk] } });
  };
}

function documentOf(
  summary: TraceSummary,
  { report, dat }: ReadSource,
  packing: string,
  { inflated, broken }: TraceBytes,
): TraceDocument {
  const read = {
    format: dat === null ? report!.dialect : `trace.dat v${dat.version}`,
    packing,
    lines: report?.lines ?? (dat?.events ?? 0) + (dat?.unknownFormats ?? 0),
    bytes: inflated,
    joined: report?.joined ?? 0,
    quoted: report?.quoted ?? 0,
    stackLines: report?.stackLines ?? 0,
    malformed: report?.malformed ?? {},
    malformedShown: (report?.malformedShown ?? []).map(({ lineNumber, reason, text }) => ({
      line: lineNumber,
      reason,
      text,
    })),
    uname: dat?.uname ?? null,
  };
  const document = { ...summary, ...read };
  return { ...document, warnings: warningsOf(document, broken) };
}
