// What the trace service and an import thread say to each other: the thread reads, decodes and packs, the service stores. A
// part is made when the one before it is stored.
import type { TraceSummary } from '../core/imports/trace-import.js';
import type { Manifest, RunProgress } from '../core/run/contract.js';
import type { MalformedFrame } from '../core/traces/frames/frame.js';
import type { Failure } from '../exports/messages.js';
import type { ImportPart } from '../store/imports.port.js';
import type { TraceLimits } from './trace-bytes.js';

export interface TraceOrder {
  readonly file: string;
  /** As it is told to people: a path, or what a client called it. */
  readonly name: string;
  readonly kernel: string | null;
  /** Text of tracefs kprobe_profile; empty: not given. */
  readonly kprobeProfile: string;
  readonly limits: TraceLimits;
  /** Where a packed trace.dat is unpacked. */
  readonly spool: string;
}

/** What an import came to: stored with the session. */
export interface TraceDocument extends TraceSummary {
  /** tracefs, trace_pipe, latency, function_graph, trace-cmd report, perf script, trace.dat v7 ... */
  readonly format: string;
  readonly packing: string;
  readonly lines: number;
  readonly bytes: number;
  /** Lines that were put back together, of wrapped mails. */
  readonly joined: number;
  readonly quoted: number;
  readonly stackLines: number;
  readonly malformed: { readonly [reason in MalformedFrame]?: number };
  readonly malformedShown: readonly {
    readonly line: number;
    readonly reason: string;
    readonly text: string;
  }[];
  /** The kernel that a trace.dat names itself. */
  readonly uname: string | null;
  /** Why the file ended before its end, in words; null: it did not. */
  readonly broken: string | null;
  /** Entries that the header says and that are not in the text. */
  readonly missing: number;
  /** What a reader of the report has to know, in words, with line numbers. */
  readonly warnings: readonly string[];
}

export type FromTrace =
  | { readonly kind: 'begin'; readonly manifest: Manifest }
  | { readonly kind: 'part'; readonly part: ImportPart }
  | { readonly kind: 'whole'; readonly document: TraceDocument; readonly progress: RunProgress }
  | { readonly kind: 'failed'; readonly failure: Failure };
