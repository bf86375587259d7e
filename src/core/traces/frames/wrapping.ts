// Lines that a mail client broke, put together again. In a text that is wrapped as a whole a line goes on where the next word did
// not fit; in any other text only what can be nothing but the rest of an event is put onto it.
import type { Dialect } from './dialect.js';
import type { Frame, FrameEvent, FrameMalformed } from './frame.js';
import { SHOWN_LINES } from './plain-lines.js';

/** Lines of which one event was put together, at most. */
const JOIN_MAX = 8;
/** No mail client breaks a line as long as the next word would have ended before this column. */
const WRAPPED_FROM_CHARS = 66;
/** A text with longer lines than this was not wrapped: what cannot be read in it is damage, not the rest of an event. */
const WRAPPED_TO_CHARS = 120;

/** Lines of kernel stacks behind an event: `=> function`, and those of perf script, `ffffffff810... function+0x1 (file)`. */
const STACK = /^\s*(?:=> |\* ?=> |[0-9a-f]{6,16} \S.*\(.*\)\s*$)|<(?:user )?stack trace>\s*$/;
/** Names of events whose form is remembered. */
const NAMES_MAX = 1_000;

export const isStackLine = (text: string): boolean => STACK.test(text);

export class Wrapping {
  /** Of the line before, and the lines that the event before was put together of. */
  lastChars = 0;
  lines = 1;
  /** Null: the text is not wrapped. */
  private from: number | null = null;
  /** What the first lines of each event looked like. */
  private readonly forms = new Map<string, string[]>();

  /** @param head the first lines, without quote marks */
  learn(head: readonly string[]): void {
    let longest = 0;
    for (const line of head) longest = Math.max(longest, line.trimEnd().length);
    // A narrower text breaks lines where the next word would go beyond its longest line.
    this.from = longest > WRAPPED_TO_CHARS ? null : Math.min(WRAPPED_FROM_CHARS, longest + 1);
  }

  /** A line that was read as it stands. */
  show({ event, body }: FrameEvent): void {
    const forms = this.forms.get(event);
    if (forms === undefined) {
      if (this.forms.size < NAMES_MAX) this.forms.set(event, [formOf(body)]);
    } else if (forms.length < SHOWN_LINES) forms.push(formOf(body));
  }

  /** Other lines of this event begin like it: its rest may follow. */
  private begins({ event, body }: FrameEvent): boolean {
    const form = formOf(body);
    return this.forms.get(event)?.some((whole) => whole.startsWith(form)) === true;
  }

  /** Other lines of this event look like it. */
  private known({ event, body }: FrameEvent): boolean {
    return this.forms.get(event)?.includes(formOf(body)) === true;
  }

  /** Each line with the one behind it: in a narrow mail no single line has an event's name. */
  joinedPairs(head: readonly string[]): string[] {
    return head.map((line, k) => (line.startsWith('#') ? line : `${line} ${head[k + 1]?.trim() ?? ''}`));
  }

  /** The line that goes on with this one, which nothing reads as it stands; null: it does not. */
  join(pending: Frame, { reason, text }: FrameMalformed, dialect: Dialect): Frame | null {
    if (this.lines >= JOIN_MAX) return null;
    const rest = text.trim();
    if (rest === '') return null;
    // A line with a task and a CPU of its own is not the rest of another one, wherever that ended.
    if (reason !== 'noTaskOrCpu') return null;
    const broken = this.broken(rest);
    let whole: Frame | null = null;
    if (pending.kind === 'event') {
      const joined = { ...pending, body: `${pending.body} ${rest}`.trimStart() };
      if (broken || this.known(joined)) whole = joined;
      else if (this.begins(joined)) whole = joined;
    } else if (
      pending.kind === 'malformed' &&
      pending.reason !== 'lineTooLong' &&
      pending.reason !== 'tornHead'
    ) {
      // A number that goes on as a number was not broken at a space.
      if (!broken && /-\d*$/.test(pending.text) && /^\d/.test(rest)) return null;
      const joined = dialect.parse(`${pending.text} ${rest}`, pending.lineNumber);
      if (joined.kind === 'event') {
        if (broken || this.begins(joined)) whole = joined;
      } else if (joined.kind === 'call') whole = joined;
      else if (joined.kind === 'malformed' && joined.reason !== 'noTaskOrCpu')
        if (broken || pending.reason !== 'noTaskOrCpu') whole = joined;
    }
    if (whole === null) return null;
    this.lastChars = text.length;
    this.lines++;
    return whole;
  }

  /** The next word did not fit onto the line before. */
  private broken(rest: string): boolean {
    const space = rest.search(/\s/);
    const word = space < 0 ? rest.length : space;
    return this.from !== null && this.lastChars + 1 + word >= this.from;
  }
}

/** Numbers and places in functions are not a line's form. */
const formOf = (body: string): string =>
  body.replace(/^\([^)]*(\)?)/, '($1').replaceAll(/0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/g, '#');
