// Text in pieces of any size -> frames, one after the other. Recognises the layout from the head of the text, takes quote
// marks of mails off, joins what a mail client wrapped, and counts everything that it could not use. What no layout reads
// between two events is handed over too: an event may have been there.
import { BadInput } from '../../base/errors.js';
import { type Dialect, type DialectName, RECOGNISE_LINES, recogniseDialect } from './dialect.js';
import { type Frame, type FrameMalformed, LINE_CHARS_MAX, type MalformedFrame } from './frame.js';
import { Heads } from './heads.js';
import { PlainLines } from './plain-lines.js';
import { TextEnd } from './text-end.js';
import { isStackLine, Wrapping } from './wrapping.js';

/** Malformed lines that the report shows; all are counted. */
export const MALFORMED_SHOWN = 20;
/** Malformed lines one after the other that are handed over: they are one place. */
const RUN_MAX = 100;

/** Layouts that are not that of task-line.ts. */
const OTHER_LAYOUTS: readonly DialectName[] = ['latency', 'function_graph', 'bpftrace'];
const QUOTE = /^(?:\s*>)+ ?/;
/** What a bpftrace script prints is free text; a torn event still has a clock or its thread. */
const BPFTRACE_EVENT = /\btid\b|^\s*(?:\d{1,2}:\d{2}|\[\d)/;

export interface FrameReport {
  readonly dialect: DialectName;
  readonly lines: number;
  readonly events: number;
  readonly calls: number;
  /** Continuation lines that were put back onto the event that they belong to. */
  readonly joined: number;
  /** Lines that were quoted (`> `). */
  readonly quoted: number;
  /** Lines of kernel stacks behind an event; they are not read. */
  readonly stackLines: number;
  readonly malformed: { readonly [reason in MalformedFrame]?: number };
  readonly malformedShown: readonly FrameMalformed[];
  /** Entries that the header says and that are not in the text. */
  readonly missing: number;
  /** Why the text ended before its end, in words; null: it did not. */
  readonly cut: string | null;
}

export class FrameReader {
  private readonly head: string[] = [];
  /** Indices of lines of the head that are too long. */
  private readonly headTooLong = new Set<number>();
  private dialect: Dialect | null = null;
  /** Its lines are those of task-line.ts. */
  private plain = false;
  private rest = '';
  /** Number of the line that is being dropped because it is too long; 0: none. */
  private overlong = false;
  private lines = 0;
  private events = 0;
  private calls = 0;
  private joined = 0;
  private quoted = 0;
  private stackLines = 0;
  private readonly malformed: { [reason in MalformedFrame]?: number } = {};
  private malformedLines = 0;
  private readonly shown: FrameMalformed[] = [];
  /** Not handed over yet: the next line may belong to it. */
  private pending: Frame | null = null;
  private readonly wrapping = new Wrapping();
  private readonly heads = new Heads();
  private readonly plainLines = new PlainLines((frame) => this.wrapping.show(frame), this.heads);
  /** Lines that no layout reads, until the next event shows that they stand in the middle of the trace. */
  private readonly withheld: FrameMalformed[] = [];
  private readonly textEnd = new TextEnd();

  /** @param onFrame events, calls and losses, in the order of the text; comments and malformed lines in between too */
  constructor(private readonly onFrame: (frame: Frame) => void) {}

  /** @param bytes the same text in ASCII, where the caller has it and nothing else is in it: the quick way */
  push(text: string, bytes: Uint8Array | null = null): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      // Nearly all lines of nearly all traces: read where they stand.
      if (bytes !== null && this.plain && this.rest === '' && !this.overlong) {
        const frame = this.plainLines.frame(text, bytes, from, end, this.lines + 1);
        if (frame !== null) {
          this.lines++;
          if (this.pending !== null) this.handOver();
          this.wrapping.lastChars = end - from;
          this.wrapping.lines = 1;
          this.pending = frame;
          from = end + 1;
          continue;
        }
      }
      const piece = text.slice(from, end);
      from = end + 1;
      if (this.overlong) {
        this.overlong = false;
        this.rest = '';
        this.tooLong();
        continue;
      }
      this.line(this.rest === '' ? piece : this.rest + piece);
      this.rest = '';
    }
    if (this.overlong) return;
    this.rest += text.slice(from);
    if (this.rest.length > LINE_CHARS_MAX) {
      this.overlong = true;
      this.rest = '';
    }
  }

  /** Throws BadInput where no line of the text is one of a trace. */
  end(): FrameReport {
    const unfinished = this.overlong || this.rest !== '';
    if (this.overlong) this.tooLong();
    else if (this.rest !== '') this.line(this.rest);
    this.rest = '';
    if (this.dialect === null) this.recognise();
    const { events, calls, stackLines } = this;
    const { pending } = this;
    const cut = this.textEnd.cut({
      unfinished,
      last: pending,
      lines: this.lines,
      entries: events + calls + this.malformedLines + (pending === null ? 0 : 1),
    });
    // Of a line that was cut nobody knows what is missing.
    if (cut !== null && (pending?.kind === 'event' || pending?.kind === 'malformed')) {
      const text = pending.kind === 'event' ? pending.body : pending.text;
      this.pending = { kind: 'malformed', lineNumber: pending.lineNumber, reason: 'cutOff', text };
    }
    this.handOver();
    // Behind the last event: prose, or lines of the trace that nobody can read.
    if (this.withheld.some(({ reason }) => reason !== 'noTaskOrCpu' && reason !== 'cutOff')) this.release();
    return {
      dialect: this.dialect!.name,
      lines: this.lines,
      events: this.events,
      calls,
      joined: this.joined,
      quoted: this.quoted,
      stackLines,
      malformed: this.malformed,
      malformedShown: this.shown,
      missing: this.textEnd.missing,
      cut,
    };
  }

  private tooLong(): void {
    if (this.dialect === null) {
      // What follows may still be a trace.
      this.headTooLong.add(this.head.length);
      this.head.push('');
      if (this.head.length >= RECOGNISE_LINES) this.recognise();
      return;
    }
    this.lines++;
    this.handOver();
    this.refuse({ kind: 'malformed', lineNumber: this.lines, reason: 'lineTooLong', text: '' });
  }

  private line(raw: string): void {
    if (raw.length > LINE_CHARS_MAX) {
      this.tooLong();
      return;
    }
    const whole = raw.charCodeAt(raw.length - 1) === 13 ? raw.slice(0, -1) : raw;
    if (this.dialect !== null) {
      this.lines++;
      this.take(whole, this.lines);
      return;
    }
    this.head.push(whole);
    if (this.head.length >= RECOGNISE_LINES) this.recognise();
  }

  private recognise(): void {
    const head = this.head.map((line) => line.replace(QUOTE, ''));
    const found = recogniseDialect(head) ?? recogniseDialect(this.wrapping.joinedPairs(head));
    if (found === null) {
      const lineTooLong = this.headTooLong.size;
      const tooLong =
        lineTooLong === 0
          ? ''
          : ` (${lineTooLong} of them longer than LINE_CHARS_MAX = ${LINE_CHARS_MAX} characters)`;
      throw new BadInput(
        'not-a-trace',
        `none of the first ${this.head.length} lines is one of a trace${tooLong}; expected text of tracefs (trace, trace_pipe), trace-cmd report, perf script or bpftrace, or a trace.dat`,
        ['tracefs trace', 'trace_pipe', 'trace-cmd report', 'perf script', 'trace.dat'],
      );
    }
    this.dialect = found;
    this.plain = !OTHER_LAYOUTS.includes(found.name);
    this.wrapping.learn(head);
    if (this.plain) this.heads.learn(head.flatMap((line) => columnOf(found.parse(line, 0), line)));
    for (const [k, line] of this.head.splice(0).entries()) {
      if (this.headTooLong.has(k)) {
        this.tooLong();
        continue;
      }
      this.lines++;
      this.take(line, this.lines);
    }
  }

  private take(raw: string, lineNumber: number): void {
    let text = raw;
    const first = raw.charCodeAt(0);
    if (first === 62 || (first === 32 && raw.trimStart().startsWith('>'))) {
      text = raw.replace(QUOTE, '');
      this.quoted++;
    }
    const frame = this.parse(text, lineNumber);
    if (frame.kind === 'malformed' && frame.reason !== 'lineTooLong' && frame.reason !== 'tornHead') {
      if (isStackLine(text)) {
        this.stackLines++;
        this.textEnd.stackLine(text);
        return;
      }
      const whole = this.pending === null ? null : this.wrapping.join(this.pending, frame, this.dialect!);
      if (whole !== null) {
        this.pending = whole;
        this.joined++;
        return;
      }
    }
    this.handOver();
    this.wrapping.lastChars = text.length;
    this.wrapping.lines = 1;
    if (frame.kind === 'blank') return;
    if (frame.kind === 'event') this.wrapping.show(frame);
    this.pending = frame;
  }

  private parse(text: string, lineNumber: number): Frame {
    const frame = this.dialect!.parse(text, lineNumber);
    if (!this.plain || (frame.kind !== 'event' && frame.kind !== 'call')) return frame;
    if (this.heads.isWholeIn(text, frame.task)) return frame;
    return { kind: 'malformed', lineNumber, reason: 'tornHead', text };
  }

  private handOver(): void {
    const frame = this.pending;
    this.pending = null;
    if (frame === null) return;
    if (frame.kind === 'malformed') {
      this.refuse(frame);
      return;
    }
    if (frame.kind === 'event') this.events++;
    else if (frame.kind === 'call') this.calls++;
    else if (frame.kind === 'comment') this.textEnd.comment(frame.text);
    if (this.withheld.length > 0 && frame.kind !== 'comment') this.release();
    this.onFrame(frame);
  }

  /** An event follows: what stands before it is in the middle of the trace, unless it stands before everything. */
  private release(): void {
    for (const frame of this.withheld.splice(0)) this.onFrame(frame);
  }

  private refuse(frame: FrameMalformed): void {
    this.malformed[frame.reason] = (this.malformed[frame.reason] ?? 0) + 1;
    this.malformedLines++;
    const shown = { ...frame, text: frame.text.slice(0, 200) };
    if (this.shown.length < MALFORMED_SHOWN) this.shown.push(shown);
    const begun = this.events > 0 || this.calls > 0 || this.textEnd.hasHeader;
    const free = this.dialect?.name === 'bpftrace' && !BPFTRACE_EVENT.test(frame.text);
    if (begun && !free && this.withheld.length < RUN_MAX) this.withheld.push(shown);
  }
}

/** Where the task's name ends in a line of the head. */
const columnOf = (frame: Frame, line: string): number[] =>
  frame.kind === 'event' || frame.kind === 'call' ? [Heads.columnOf(line, frame.task)] : [];
