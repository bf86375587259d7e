// A trace file as parts that a store can take, in the order in which it is read. Used in a thread of its own: whoever asks
// for the next part decides how fast the file is read.
import { EVENT_SCHEMA_VERSION } from '../core/events/catalogue.js';
import type { LineChunk } from '../core/imports/event-codec.js';
import type { TraceLayout } from '../core/imports/layouts.js';
import { TraceImport, type TraceSummary } from '../core/imports/trace-import.js';
import type { RowChunk } from '../core/imports/trace-rows.js';
import type { Manifest } from '../core/run/contract.js';
import { ENGINE_VERSION } from '../core/run/manifest.js';
import { TRACE_SCENARIO, UNKNOWN_PROTOCOL } from '../core/run/trace-session.js';
import { kprobeMisses } from '../core/traces/kprobe-profile.js';
import { chunkTimeline } from '../store/channel/chunk-timeline.js';
import { packSnapshot } from '../store/channel/prepared-chunk.js';
import { EMPTY_PART, type ImportPart } from '../store/imports.port.js';
import { packLines } from './line-chunk.js';
import { type FramesRead, readFrames } from './trace-frames.js';
import type { FromTrace, TraceDocument, TraceOrder } from './trace-messages.js';
import { warningsOf } from './trace-warnings.js';

type Ready = Extract<FromTrace, { kind: 'begin' | 'part' }>;

export async function* readTrace(order: TraceOrder): AsyncGenerator<FromTrace> {
  const ready: Ready[] = [];
  const trace = new TraceImport({
    kernel: order.kernel,
    kprobeMisses: kprobeMisses(order.kprobeProfile),
    onBegin: (layout) => ready.push({ kind: 'begin', manifest: manifestOf(order, layout) }),
    onRows: (chunk) => ready.push({ kind: 'part', part: rowsPart(chunk) }),
    onLines: lineParts(ready),
  });
  const source = readFrames(order, (frame) => trace.frame(frame));
  let read: FramesRead;
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
  const document = documentOf(summary, read);
  const traceSummary = JSON.stringify(document);
  yield { kind: 'part', part: { ...EMPTY_PART, names, traceSummary } };
  yield { kind: 'whole', document, progress };
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
  return (chunk) => {
    number++;
    ready.push({ kind: 'part', part: { ...EMPTY_PART, traceLines: [packLines(chunk, number)] } });
  };
}

function documentOf(
  summary: TraceSummary,
  { report, dat, packing, bytes: { inflated }, broken }: FramesRead,
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
    broken,
    missing: report?.missing ?? 0,
  };
  const document = { ...summary, ...read };
  return { ...document, warnings: warningsOf(document) };
}
