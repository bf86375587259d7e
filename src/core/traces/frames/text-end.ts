// Whether a text ends where its trace did. Tools end every line with a newline, and tracefs says in its header how many entries the
// buffer held: a text without the one and short of the other was cut off on its way.
import { HeaderReader } from '../trace-header.js';
import type { Frame } from './frame.js';

/** The head of a stack: an entry of the buffer, whose lines follow. */
const STACK_HEAD = /<(?:user )?stack trace>/;

export class TextEnd {
  /** Entries that the header says and that are not in the text. */
  missing = 0;
  /** Comments of a header were seen. */
  hasHeader = false;
  /** Of all headers: texts are put one behind the other. */
  private entries: number | null = null;
  private stacks = 0;

  comment(text: string): void {
    this.hasHeader = true;
    const header = new HeaderReader();
    header.take(text);
    const { entriesInBuffer } = header.header();
    if (entriesInBuffer !== null) this.entries = (this.entries ?? 0) + entriesInBuffer;
  }

  stackLine(text: string): void {
    if (STACK_HEAD.test(text)) this.stacks++;
  }

  /**
   * @param unfinished the last line has no newline
   * @param entries lines that are, or may have been, an entry each
   * @returns why the text ended before its end, in words; null: it did not, as far as it shows
   */
  cut({
    unfinished,
    last,
    lines,
    entries,
  }: {
    readonly unfinished: boolean;
    readonly last: Frame | null;
    readonly lines: number;
    readonly entries: number;
  }): string | null {
    // A comment or a loss as the last line is no entry; at most one line, and the count is used for what is missing only.
    this.missing = this.entries === null ? 0 : Math.max(0, this.entries - entries - this.stacks);
    if (!unfinished) return null;
    const how = `the text ends without a newline, in the middle of line ${lines}`;
    if (this.missing > 0)
      return `${how}: its header says ${this.entries} entries, and ${this.missing} of them are not there`;
    return last?.kind === 'malformed' ? how : null;
  }
}
