// Which tool printed a text. Found from its first lines, never asked for: each layout tries them, and the one that reads
// most wins; headers and names then tell tools apart that share a layout.
import { parseBpftraceLine } from './bpftrace-line.js';
import type { Frame } from './frame.js';
import { parseGraphLine } from './graph-line.js';
import { parseLatencyLine } from './latency-line.js';
import { parseTaskLine } from './task-line.js';

export type DialectName =
  | 'tracefs'
  | 'trace_pipe'
  | 'latency'
  | 'function_graph'
  | 'trace-cmd report'
  | 'perf script'
  | 'bpftrace';

export interface Dialect {
  readonly name: DialectName;
  parse(text: string, lineNumber: number): Frame;
}

/** Lines of the text that are looked at. */
export const RECOGNISE_LINES = 400;

const LOST = /^\s*CPU:\s?(\d{1,5}) \[(?:LOST (\d{1,15}) EVENTS|(?:(\d{1,15}) )?EVENTS DROPPED)\]\s*$/;

/** bpftrace, of all CPUs together. */
const BPFTRACE_LOST = /^Lost (\d{1,15}) events\s*$/;

/** Lines that trace-cmd report puts in front. */
const TRACE_CMD = /^\s*(?:version = \d{1,3}|cpus=\d{1,5}|CPU \d{1,5} is empty)\s*$/;

/** What every layout has: blank lines, comments, lost events. Null: the layout decides. */
export function parseCommon(text: string, lineNumber: number): Frame | null {
  const first = text.charCodeAt(0);
  if (first === 35) return { kind: 'comment', lineNumber, text };
  if (first === 67 || first === 32) {
    const lost = text.startsWith('CPU:') || text.trimStart().startsWith('CPU:') ? LOST.exec(text) : null;
    if (lost !== null) {
      const events = lost[2] ?? lost[3];
      return {
        kind: 'lost',
        lineNumber,
        cpu: Number(lost[1]),
        events: events === undefined ? null : Number(events),
      };
    }
  }
  if (first === 76) {
    const lost = BPFTRACE_LOST.exec(text);
    if (lost !== null) return { kind: 'lost', lineNumber, cpu: -1, events: Number(lost[1]) };
  }
  if ((first === 99 || first === 118 || first === 67) && TRACE_CMD.test(text))
    return { kind: 'comment', lineNumber, text };
  if (text.trim() === '') return { kind: 'blank', lineNumber };
  return null;
}

const reader =
  (parse: (text: string, lineNumber: number) => Frame) =>
  (text: string, lineNumber: number): Frame =>
    parseCommon(text, lineNumber) ?? parse(text, lineNumber);

const LAYOUTS = {
  task: reader(parseTaskLine),
  latency: reader(parseLatencyLine),
  graph: reader(parseGraphLine),
  bpftrace: reader(parseBpftraceLine),
};

const NAMES = ['task', 'latency', 'graph', 'bpftrace'] as const;

/** Null: none of them reads any line. */
export function recogniseDialect(head: readonly string[]): Dialect | null {
  const scores = { task: 0, latency: 0, graph: 0, bpftrace: 0 };
  let perf = 0;
  let header = '';
  let traceCmd = false;
  for (const [k, line] of head.entries()) {
    if (line.startsWith('#')) {
      header ||= /^# tracer:\s*(\S+)/.exec(line)?.[1] ?? '';
      continue;
    }
    if (TRACE_CMD.test(line)) traceCmd = true;
    for (const layout of NAMES) {
      const frame = LAYOUTS[layout](line, k + 1);
      if (frame.kind === 'event' || frame.kind === 'call') scores[layout]++;
    }
    if (/\]\s+(?:\S{4,7}\s+)?\d+\.\d+:\s+[a-z_0-9]+:[a-z_0-9A-Z]+:/.test(line)) perf++;
  }
  const best = NAMES.reduce((a, b) => (scores[b] > scores[a] ? b : a));
  if (scores[best] === 0) return null;
  if (best === 'latency') return { name: 'latency', parse: LAYOUTS.latency };
  if (best === 'bpftrace') return { name: 'bpftrace', parse: LAYOUTS.bpftrace };
  if (best === 'graph') return { name: 'function_graph', parse: LAYOUTS.graph };
  const name = traceCmd
    ? 'trace-cmd report'
    : perf * 2 > scores.task
      ? 'perf script'
      : header === ''
        ? 'trace_pipe'
        : 'tracefs';
  return { name, parse: LAYOUTS.task };
}
