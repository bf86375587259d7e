// The frame around an event: task, CPU, time, name. Every layout that kernels and their tools print is read into this one
// form; nothing here knows KVM. No line is dropped in silence: what does not fit is kept with a reason.

/** Time of a frame. */
export type FrameClock =
  /** Nanoseconds of some kernel clock: local, mono, boot, global, perf, or a wall clock. */
  | 'ns'
  /** Bare numbers: x86-tsc, counter, uptime in jiffies. They order events and are no times. */
  | 'ticks'
  /** Microseconds since the first event of the text (latency format), as nanoseconds. */
  | 'relative'
  /** function_graph without a time column: the order of the lines is all there is. */
  | 'none';

interface Where {
  readonly lineNumber: number;
  /** Name of the task; empty where the layout does not print it. */
  readonly task: string;
  /** Thread id; 0 where the layout does not print it. */
  readonly pid: number;
  /** Process id, where the text has it. */
  readonly tgid: number | null;
  /** -1 where the layout does not print it. */
  readonly cpu: number;
  readonly clock: FrameClock;
  /** ns or ticks, by `clock`; 0 for `none`. */
  readonly time: number;
}

/** An event: its own text is left as printed (`kvm_exit: vcpu 0 reason ...`, `gfn=601 old_spte=0`). */
export interface FrameEvent extends Where {
  readonly kind: 'event';
  /** Without the subsystem. */
  readonly event: string;
  readonly body: string;
}

/** A line of the function or function_graph tracer: a name and nothing of its arguments. */
export interface FrameCall extends Where {
  readonly kind: 'call';
  /** `leaf`: entered and left. The function tracer only says `enter`. */
  readonly phase: 'enter' | 'exit' | 'leaf';
  /** Empty for an `exit` that does not repeat it. */
  readonly function: string;
  readonly parent: string | null;
  readonly depth: number;
  readonly durationNs: number | null;
}

/** `CPU:1 [LOST 1288 EVENTS]`, `[EVENTS DROPPED]`, PERF_RECORD_LOST. */
export interface FrameLost {
  readonly kind: 'lost';
  readonly lineNumber: number;
  readonly cpu: number;
  /** Null where the text does not say how many. */
  readonly events: number | null;
}

export interface FrameMalformed {
  readonly kind: 'malformed';
  readonly lineNumber: number;
  readonly reason: MalformedFrame;
  readonly text: string;
}

export type MalformedFrame =
  /** No task and CPU in front, in any known layout. */
  | 'noTaskOrCpu'
  /** No time behind the CPU. */
  | 'noTimestamp'
  /** The time would leave the safe integers. */
  | 'timestampTooLarge'
  /** Neither `event:` nor `function <-caller` behind the time. */
  | 'noEventName'
  /** Longer than LINE_CHARS_MAX. */
  | 'lineTooLong'
  /** Not one task in front of the CPU: what is left of another line, or bytes that no name has. */
  | 'tornHead'
  /** The last line, of a text that was cut off in it. */
  | 'cutOff';

export interface FrameComment {
  readonly kind: 'comment';
  readonly lineNumber: number;
  readonly text: string;
}

/** function_graph: from here on this task runs on the CPU. */
export interface FrameSwitch {
  readonly kind: 'switch';
  readonly lineNumber: number;
  readonly cpu: number;
  readonly task: string;
  readonly pid: number;
}

export type Frame =
  | FrameEvent
  | FrameCall
  | FrameSwitch
  | FrameLost
  | FrameMalformed
  | FrameComment
  | { readonly kind: 'blank'; readonly lineNumber: number };

/** No line of a trace is as long as this; a longer one is reported and skipped. */
export const LINE_CHARS_MAX = 65_536;

export const NS_PER_US = 1_000;
export const NS_PER_SECOND = 1_000_000_000;
