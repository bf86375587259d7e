// Reads the text of a tracefs `trace` file into lines of known shape. Knows the frame around an event (task, CPU,
// flags, time, name), nothing of KVM. No line is dropped in silence: what does not fit is kept with a reason.

/** One event line: the frame decoded, the event's own text (`body`) left as printed. */
export interface TraceLine {
  readonly lineNumber: number;
  readonly task: string;
  readonly pid: number;
  readonly cpu: number;
  /** Trace clock in nanoseconds, a safe integer. tracefs prints microseconds, so the last three digits are 0. */
  readonly timestampNs: number;
  readonly event: string;
  readonly body: string;
}

export type MalformedReason =
  /** No `task-pid [cpu]` in front: another tracer's layout (function_graph, latency-format), or damage. */
  | 'noTaskOrCpu'
  /** No `seconds.micros:` after the CPU. */
  | 'noTimestamp'
  /** A bare counter: trace_clock x86-tsc or counter, which are not times. */
  | 'unsupportedClock'
  /** Nanoseconds would leave the safe integers (a wall-clock trace_clock such as tai). */
  | 'timestampTooLarge'
  /** No `event:` after the time: the function tracer's lines. */
  | 'noEventName';

export interface MalformedLine {
  readonly lineNumber: number;
  readonly reason: MalformedReason;
  readonly text: string;
}

/** `CPU:n [LOST m EVENTS]`, as trace_pipe prints it in the middle of the text. */
export interface LostEvents {
  readonly lineNumber: number;
  readonly cpu: number;
  readonly events: number;
}

export type LineOutcome =
  | { readonly kind: 'event'; readonly line: TraceLine }
  | { readonly kind: 'malformed'; readonly line: MalformedLine }
  | { readonly kind: 'lost'; readonly lost: LostEvents }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'blank' };

/** The header of the file; null where it does not say (trace_pipe prints no header at all). */
export interface TraceHeader {
  readonly tracer: string | null;
  readonly entriesInBuffer: number | null;
  readonly entriesWritten: number | null;
  readonly cpus: number | null;
}

export interface TraceText {
  readonly header: TraceHeader;
  readonly events: readonly TraceLine[];
  readonly malformed: readonly MalformedLine[];
  readonly lost: readonly LostEvents[];
}

// A comm has at most 15 characters, may contain `-`, `/` and `:`, and may be `<...>` or `<idle>`: the shortest prefix
// that lets the rest of the line fit is the right one. A tgid column `(  123)` may stand between pid and CPU.
const TASK = /^\s*(\S.{0,15}?)-(\d{1,9})\s+(?:\(\s*[\d-]+\)\s+)?\[(\d{1,5})\]\s+(.*)$/;
const TIME = /^(?:\S{4,7}\s+)?(\d{1,12})\.(\d{6}|\d{9}): (.*)$/;
const COUNTER = /^(?:\S{4,7}\s+)?\d+: /;
const EVENT = /^([A-Za-z_]\w*):(?: (.*))?$/;
const LOST = /^CPU:(\d{1,5}) \[LOST (\d{1,15}) EVENTS\]$/;
const ENTRIES = /^# entries-in-buffer\/entries-written:\s*(\d{1,15})\/(\d{1,15})\s+#P:(\d{1,5})/;
const TRACER = /^# tracer:\s*(\S+)/;

const NS_PER_SECOND = 1_000_000_000;

export function parseLine(text: string, lineNumber: number): LineOutcome {
  if (text.trim() === '') return { kind: 'blank' };
  if (text.startsWith('#')) return { kind: 'comment', text };
  const lost = LOST.exec(text);
  if (lost !== null)
    return { kind: 'lost', lost: { lineNumber, cpu: Number(lost[1]), events: Number(lost[2]) } };
  const malformed = (reason: MalformedReason): LineOutcome => ({
    kind: 'malformed',
    line: { lineNumber, reason, text },
  });

  const task = TASK.exec(text);
  if (task === null) return malformed('noTaskOrCpu');
  const afterCpu = task[4] ?? '';
  const time = TIME.exec(afterCpu);
  if (time === null) return malformed(COUNTER.test(afterCpu) ? 'unsupportedClock' : 'noTimestamp');
  const timestampNs = Number(time[1]) * NS_PER_SECOND + Number((time[2] ?? '').padEnd(9, '0'));
  if (!Number.isSafeInteger(timestampNs)) return malformed('timestampTooLarge');
  const event = EVENT.exec(time[3] ?? '');
  if (event === null) return malformed('noEventName');
  return {
    kind: 'event',
    line: {
      lineNumber,
      task: task[1] ?? '',
      pid: Number(task[2]),
      cpu: Number(task[3]),
      timestampNs,
      event: event[1] ?? '',
      body: event[2] ?? '',
    },
  };
}

/** Reads a whole file. Line numbers start at 1 and count every line of the text. */
export function readTrace(text: string): TraceText {
  const events: TraceLine[] = [];
  const malformed: MalformedLine[] = [];
  const lost: LostEvents[] = [];
  let tracer: string | null = null;
  let entries: readonly [inBuffer: number, written: number, cpus: number] | null = null;

  let lineNumber = 0;
  for (const line of text.split('\n')) {
    lineNumber += 1;
    const outcome = parseLine(line.endsWith('\r') ? line.slice(0, -1) : line, lineNumber);
    switch (outcome.kind) {
      case 'event':
        events.push(outcome.line);
        break;
      case 'malformed':
        malformed.push(outcome.line);
        break;
      case 'lost':
        lost.push(outcome.lost);
        break;
      case 'comment': {
        tracer ??= TRACER.exec(outcome.text)?.[1] ?? null;
        const found = ENTRIES.exec(outcome.text);
        if (found !== null) entries ??= [Number(found[1]), Number(found[2]), Number(found[3])];
        break;
      }
      case 'blank':
        break;
    }
  }
  const header = {
    tracer,
    entriesInBuffer: entries?.[0] ?? null,
    entriesWritten: entries?.[1] ?? null,
    cpus: entries?.[2] ?? null,
  };
  return { header, events, malformed, lost };
}

/** True if the file itself claims to be whole: every entry written is in it, and no CPU lost any. */
export function isWhole(trace: TraceText): boolean {
  const { entriesInBuffer, entriesWritten } = trace.header;
  return (
    entriesWritten !== null &&
    entriesWritten === entriesInBuffer &&
    entriesWritten === trace.events.length &&
    trace.lost.length === 0
  );
}
