// A whole trace text in memory, frame by frame: what `validate` and tests read. An import streams instead.
import type { FrameEvent, FrameLost } from './frames/frame.js';
import { FrameReader, type FrameReport } from './frames/frame-reader.js';
import { HeaderReader, type TraceHeader } from './trace-header.js';

export interface TraceText {
  readonly header: TraceHeader;
  readonly events: readonly FrameEvent[];
  readonly lost: readonly FrameLost[];
  readonly report: FrameReport;
}

/** Throws BadInput `not-a-trace` where no line is one of a trace. */
export function readTrace(text: string): TraceText {
  const events: FrameEvent[] = [];
  const lost: FrameLost[] = [];
  const header = new HeaderReader();
  const reader = new FrameReader((frame) => {
    if (frame.kind === 'event') events.push(frame);
    else if (frame.kind === 'lost') lost.push(frame);
    else if (frame.kind === 'comment') header.take(frame.text);
  });
  reader.push(text);
  const report = reader.end();
  return { header: header.header(), events, lost, report };
}

/** True if the text itself claims to be whole: every entry written is in it, and no CPU lost any. */
export function isWhole(trace: TraceText): boolean {
  const { entriesInBuffer, entriesWritten } = trace.header;
  return (
    entriesWritten !== null &&
    entriesWritten === entriesInBuffer &&
    entriesWritten === trace.events.length &&
    trace.lost.length === 0
  );
}
