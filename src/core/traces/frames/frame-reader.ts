// Text in pieces of any size -> frames, one after the other. Recognises the layout from the head of the text, takes quote
// marks of mails off, joins what a mail client wrapped, and counts everything that it could not use.
import { BadInput } from '../../base/errors.js';
import { type Dialect, type DialectName, RECOGNISE_LINES, recogniseDialect } from './dialect.js';
import { type Frame, type FrameMalformed, LINE_CHARS_MAX, type MalformedFrame } from './frame.js';
import { PlainLines } from './plain-lines.js';

/** Lines of which one event was put together, at most. */
const JOIN_MAX = 4;
/** No mail client breaks a line as long as the next word would have ended before this column. */
const WRAPPED_FROM_CHARS = 66;
/** A text with longer lines than this was not wrapped: what cannot be read in it is damage, not the rest of an event. */
const WRAPPED_TO_CHARS = 120;
/** Malformed lines that the report shows; all are counted. */
export const MALFORMED_SHOWN = 20;

/** Layouts that are not that of task-line.ts. */
const OTHER_LAYOUTS: readonly DialectName[] = ['latency', 'function_graph', 'bpftrace'];
const QUOTE = /^(?:\s*>)+ ?/;
const STACK = /^\s*(?:=> |<stack trace>|\* ?=> )/;

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
}

export class FrameReader {
  private readonly head: string[] = [];
  private dialect: Dialect | null = null;
  /** Its lines are those of task-line.ts. */
  private plain = false;
  private readonly plainLines = new PlainLines();
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
  private readonly shown: FrameMalformed[] = [];
  /** Not handed over yet: the next line may belong to it. */
  private pending: Frame | null = null;
  private pendingLines = 1;
  private lastChars = 0;
  private wrapped = false;

  /** @param onFrame events, calls and losses, in the order of the text; comments too */
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
          this.lastChars = end - from;
          this.pending = frame;
          this.pendingLines = 1;
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
    if (this.overlong) this.tooLong();
    else if (this.rest !== '') this.line(this.rest);
    this.rest = '';
    if (this.dialect === null) this.recognise();
    this.handOver();
    return {
      dialect: this.dialect!.name,
      lines: this.lines,
      events: this.events,
      calls: this.calls,
      joined: this.joined,
      quoted: this.quoted,
      stackLines: this.stackLines,
      malformed: this.malformed,
      malformedShown: this.shown,
    };
  }

  private tooLong(): void {
    if (this.dialect === null) {
      // What follows may still be a trace.
      this.head.push('');
      this.refuse({ kind: 'malformed', lineNumber: this.head.length, reason: 'lineTooLong', text: '' });
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
    const found = recogniseDialect(this.head.map((line) => line.replace(QUOTE, '')));
    if (found === null) {
      const { lineTooLong = 0 } = this.malformed;
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
    this.wrapped = this.head.every((line) => line.length <= WRAPPED_TO_CHARS);
    for (const line of this.head.splice(0)) {
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
    const frame = this.dialect!.parse(text, lineNumber);
    if (frame.kind === 'malformed' && frame.reason !== 'lineTooLong') {
      if (STACK.test(text)) {
        this.stackLines++;
        return;
      }
      if (this.join(text)) {
        this.lastChars = text.length;
        return;
      }
    }
    this.handOver();
    this.lastChars = text.length;
    if (frame.kind === 'blank') return;
    this.pending = frame;
    this.pendingLines = 1;
  }

  /** The line goes on where a mail client broke the one before it. */
  private join(text: string): boolean {
    const { pending } = this;
    if (!this.wrapped || pending === null || this.pendingLines >= JOIN_MAX) return false;
    const word = /\S+/.exec(text)?.[0].length ?? 0;
    if (word === 0 || this.lastChars + 1 + word < WRAPPED_FROM_CHARS) return false;
    if (pending.kind === 'event') {
      this.pending = { ...pending, body: `${pending.body} ${text.trim()}`.trimStart() };
    } else if (pending.kind === 'malformed' && pending.reason !== 'lineTooLong') {
      const whole = this.dialect!.parse(`${pending.text} ${text.trim()}`, pending.lineNumber);
      if (whole.kind !== 'event' && whole.kind !== 'call') return false;
      this.pending = whole;
    } else return false;
    this.pendingLines++;
    this.joined++;
    return true;
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
    this.onFrame(frame);
  }

  private refuse(frame: FrameMalformed): void {
    this.malformed[frame.reason] = (this.malformed[frame.reason] ?? 0) + 1;
    if (this.shown.length < MALFORMED_SHOWN) this.shown.push({ ...frame, text: frame.text.slice(0, 200) });
  }
}
