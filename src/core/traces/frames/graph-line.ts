// The function_graph tracer: ` 1) ! 407.743 us  |  kvm_mmu_init_tdp_mmu [kvm]();`, with the columns for time and task where
// the options print them. Functions without arguments; events stand between as comments: `/* kvm_exit: ... */`.
import { type Frame, type FrameCall, NS_PER_SECOND } from './frame.js';

// time (funcgraph-abstime), CPU, task (funcgraph-proc), flags (latency format), duration.
const LINE =
  /^\s*(?:(\d{1,12})\.(\d{6})\s+\|\s+)?(\d{1,5})\)\s+(?:(\S.{0,15}?)-(\d{1,10})\s+\|\s+)?(?:[^\s\d|]\S{3,5}\s+\|?\s*)?(?:[+!#*@$]?\s*(\d{1,12}(?:\.\d{1,3})?) us\s*)?\|(\s*)(.*)$/;
const CALL = /^([A-Za-z_][\w.]*)(?: \[\w+\])?\(.*\)(?: ?\/\*.*\*\/)?( \{|;)$/;
const EXIT = /^\}(?: \/\* ([A-Za-z_][\w.]*)(?: \[\w+\])?.*\*\/)?$/;
const COMMENT = /^\/\* (?:([A-Za-z_]\w*): ?(.*?)|(.*?)) ?\*\/$/;
const SWITCH = /^\s*(\d{1,5})\)\s+\S.{0,15}?-\d{1,10}\s+=>\s+(\S.{0,15}?)-(\d{1,10})\s*$/;
const RULE = /^ ?-{10,}$/;
/** Columns that one level of calls is indented by. */
const INDENT = 2;
const NS_PER_US = 1_000;

export function parseGraphLine(text: string, lineNumber: number): Frame {
  const found = LINE.exec(text);
  if (found === null) {
    const to = SWITCH.exec(text);
    if (to !== null)
      return { kind: 'switch', lineNumber, cpu: Number(to[1]), task: to[2] ?? '', pid: Number(to[3]) };
    if (RULE.test(text)) return { kind: 'comment', lineNumber, text };
    return { kind: 'malformed', lineNumber, reason: 'noTaskOrCpu', text };
  }
  const [, seconds, micros, cpu, task, pid, duration, indent, rest] = found;
  const timed = seconds !== undefined && micros !== undefined;
  const time = timed ? Number(seconds) * NS_PER_SECOND + Number(micros) * NS_PER_US : 0;
  if (!Number.isSafeInteger(time))
    return { kind: 'malformed', lineNumber, reason: 'timestampTooLarge', text };
  const where = {
    lineNumber,
    task: task ?? '',
    pid: pid === undefined ? 0 : Number(pid),
    tgid: null,
    cpu: Number(cpu),
    clock: timed ? ('ns' as const) : ('none' as const),
    time,
  };
  const body = (rest ?? '').trimEnd();
  const shape = {
    ...where,
    kind: 'call' as const,
    parent: null,
    depth: Math.max(0, Math.floor(((indent ?? '').length - INDENT) / INDENT)),
    durationNs: duration === undefined ? null : Math.round(Number(duration) * NS_PER_US),
  } satisfies Omit<FrameCall, 'phase' | 'function'>;
  const call = CALL.exec(body);
  if (call !== null) return { ...shape, phase: call[2] === ';' ? 'leaf' : 'enter', function: call[1] ?? '' };
  const exit = EXIT.exec(body);
  if (exit !== null) return { ...shape, phase: 'exit', function: exit[1] ?? '' };
  const comment = COMMENT.exec(body);
  if (comment !== null) {
    const [, event, of, plain] = comment;
    // What somebody wrote to trace_marker looks like an event whose name is its first word.
    return plain === undefined
      ? { ...where, kind: 'event', event: event ?? '', body: of ?? '' }
      : { ...where, kind: 'event', event: 'tracing_mark_write', body: plain };
  }
  return { kind: 'malformed', lineNumber, reason: 'noEventName', text };
}
