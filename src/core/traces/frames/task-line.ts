// `TASK-PID (TGID) [CPU] FLAGS TIME: EVENT: BODY`: the line that tracefs (`trace`, `trace_pipe`), `trace-cmd report` and
// `perf script` share, with or without flags and tgid. The plain form, which nearly all lines of nearly all traces
// have, is read by plain-lines.ts first.
import { type Frame, type FrameClock, type MalformedFrame, NS_PER_SECOND } from './frame.js';

const SPACE = 32;
const TAB = 9;
const COLON = 58;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const CLOSE = 93;

/** The CPU stands within so many characters: a name, two numbers and padding. */
export const PREFIX_MAX = 80;
/** Digits of a CPU number and of a pid. */
export const CPU_DIGITS_MAX = 5;
export const PID_DIGITS_MAX = 10;

const isDigit = (c: number): boolean => c >= ZERO && c <= NINE;
const isSpace = (c: number): boolean => c === SPACE || c === TAB;
const isName = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || isDigit(c);

export function parseTaskLine(text: string, lineNumber: number): Frame {
  const open = findCpu(text);
  if (open < 0) return malformed('noTaskOrCpu', text, lineNumber);
  let at = open + 1;
  let cpu = 0;
  while (isDigit(text.charCodeAt(at))) cpu = cpu * 10 + text.charCodeAt(at++) - ZERO;
  at = skipSpace(text, at + 1);

  // In front of the CPU: comm-pid, comm-pid (tgid), or perf's comm pid/tid.
  let end = open;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  let tgid: number | null = null;
  if (text.charCodeAt(end - 1) === 41) {
    const bracket = text.lastIndexOf('(', end);
    if (bracket < 0) return malformed('noTaskOrCpu', text, lineNumber);
    const inside = text.slice(bracket + 1, end - 1).trim();
    tgid = /^\d{1,10}$/.test(inside) ? Number(inside) : null;
    end = bracket;
    while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  }
  let from = end;
  while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--;
  if (from === end || end - from > PID_DIGITS_MAX || from === 0)
    return malformed('noTaskOrCpu', text, lineNumber);
  const pid = numberIn(text, from, end);
  let nameEnd = from - 1;
  const separator = text.charCodeAt(nameEnd);
  if (separator === 47) {
    // pid/tid: perf prints the process first.
    let first = nameEnd;
    while (first > 0 && isDigit(text.charCodeAt(first - 1))) first--;
    if (first === nameEnd) return malformed('noTaskOrCpu', text, lineNumber);
    tgid = numberIn(text, first, nameEnd);
    nameEnd = first;
  } else if (separator !== 45 && !isSpace(separator)) return malformed('noTaskOrCpu', text, lineNumber);
  const task = text.slice(skipSpace(text, 0), nameEnd).trimEnd();

  // Flags, where there are any, end before the token that ends with a colon.
  let stop = tokenEnd(text, at);
  if (stop <= at) return malformed('noTimestamp', text, lineNumber);
  if (text.charCodeAt(stop - 1) !== COLON) {
    at = skipSpace(text, stop);
    stop = tokenEnd(text, at);
    if (stop <= at || text.charCodeAt(stop - 1) !== COLON) return malformed('noTimestamp', text, lineNumber);
  }
  const time = timeIn(text, at, stop - 1);
  if (Number.isNaN(time)) return malformed('noTimestamp', text, lineNumber);
  if (!Number.isSafeInteger(time)) return malformed('timestampTooLarge', text, lineNumber);
  const clock: FrameClock = text.indexOf('.', at) >= 0 && text.indexOf('.', at) < stop ? 'ns' : 'ticks';
  return restOfLine(text, skipSpace(text, stop), { lineNumber, task, pid, tgid, cpu, clock, time });
}

/** What follows the time: `event: body`, perf's `system:event: body`, `function <-caller`, perf's lost records. */
export function restOfLine(
  text: string,
  begin: number,
  where: {
    readonly lineNumber: number;
    readonly task: string;
    readonly pid: number;
    readonly tgid: number | null;
    readonly cpu: number;
    readonly clock: FrameClock;
    readonly time: number;
  },
): Frame {
  let from = begin;
  let at = from;
  while (isName(text.charCodeAt(at))) at++;
  if (at === from) return malformed('noEventName', text, where.lineNumber);
  if (text.charCodeAt(at) === COLON && isName(text.charCodeAt(at + 1))) {
    // system:event:
    let after = at + 1;
    while (isName(text.charCodeAt(after))) after++;
    if (text.charCodeAt(after) === COLON) {
      from = at + 1;
      at = after;
    }
  }
  const name = text.slice(from, at);
  const { lineNumber, task, pid, tgid, cpu, clock, time } = where;
  if (text.charCodeAt(at) === COLON) {
    const body = text.slice(skipSpace(text, at + 1)).trimEnd();
    if (name === 'print' && body.startsWith('tracing_mark_write: ')) {
      // How trace-cmd prints a line that somebody wrote to trace_marker.
      const written = body.slice('tracing_mark_write: '.length);
      return {
        kind: 'event',
        lineNumber,
        task,
        pid,
        tgid,
        cpu,
        clock,
        time,
        event: 'tracing_mark_write',
        body: written,
      };
    }
    if (name === 'print' && body.startsWith('ip=tracing_mark_write buf=')) {
      const written = body.slice('ip=tracing_mark_write buf='.length);
      return {
        kind: 'event',
        lineNumber,
        task,
        pid,
        tgid,
        cpu,
        clock,
        time,
        event: 'tracing_mark_write',
        body: written,
      };
    }
    return { kind: 'event', lineNumber, task, pid, tgid, cpu, clock, time, event: name, body };
  }
  const caller = /^\s*<-{1,2}\s*(\w+)/.exec(text.slice(at, at + 200));
  if (caller !== null) {
    const parent = caller[1] ?? null;
    return {
      kind: 'call',
      lineNumber,
      task,
      pid,
      tgid,
      cpu,
      clock,
      time,
      phase: 'enter',
      function: name,
      parent,
      depth: 0,
      durationNs: null,
    };
  }
  if (name === 'PERF_RECORD_LOST') {
    const lost = /lost\s+(\d{1,15})/.exec(text.slice(at, at + 200));
    return { kind: 'lost', lineNumber, cpu, events: lost === null ? null : Number(lost[1]) };
  }
  return malformed('noEventName', text, lineNumber);
}

/** Offset of the `[` of `[003]`, or -1. A task's name may contain brackets: the first one that holds a number counts. */
function findCpu(text: string): number {
  let open = text.indexOf('[');
  while (open > 0 && open < PREFIX_MAX) {
    let at = open + 1;
    while (isDigit(text.charCodeAt(at))) at++;
    const digits = at - open - 1;
    if (
      digits > 0 &&
      digits <= CPU_DIGITS_MAX &&
      text.charCodeAt(at) === CLOSE &&
      isSpace(text.charCodeAt(open - 1))
    )
      return open;
    open = text.indexOf('[', open + 1);
  }
  return -1;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function tokenEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isSpace(text.charCodeAt(at))) at++;
  return at;
}

function numberIn(text: string, from: number, to: number): number {
  let n = 0;
  for (let at = from; at < to; at++) n = n * 10 + text.charCodeAt(at) - ZERO;
  return n;
}

/** `seconds.micros` or `seconds.nanos` as ns, a bare number as it is; NaN where it is neither. */
function timeIn(text: string, from: number, to: number): number {
  let n = 0;
  let at = from;
  while (at < to && isDigit(text.charCodeAt(at))) n = n * 10 + text.charCodeAt(at++) - ZERO;
  if (at === from) return Number.NaN;
  if (at === to) return n;
  if (text.charCodeAt(at) !== DOT) return Number.NaN;
  const fraction = at + 1;
  let part = 0;
  for (at = fraction; at < to && isDigit(text.charCodeAt(at)); at++)
    part = part * 10 + text.charCodeAt(at) - ZERO;
  const digits = at - fraction;
  if (at !== to || digits === 0 || digits > 9) return Number.NaN;
  return n * NS_PER_SECOND + part * 10 ** (9 - digits);
}

function malformed(reason: MalformedFrame, text: string, lineNumber: number): Frame {
  return { kind: 'malformed', lineNumber, reason, text };
}
