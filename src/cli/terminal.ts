// The two streams of the command line. stdout carries the answer and nothing else: text, or with --json exactly one
// document. stderr carries everything for the person who waits.

export interface Terminal {
  /** One line of the answer; dropped with --json. */
  line(text?: string): void;
  /** The answer as a document; dropped without --json. */
  document(value: unknown): void;
  /** A line for the person who waits. */
  note(text: string): void;
  /** Replaces the last progress line where stderr is a terminal; elsewhere a line now and then. */
  progress(text: string): void;
  /** Raw bytes of the answer (export). Resolves when the reader took them. */
  bytes(block: Uint8Array): Promise<void>;
  readonly json: boolean;
}

const PROGRESS_EVERY_MS = 5_000;
const CLEAR_LINE = '\r\u001b[K';

export class ProcessTerminal implements Terminal {
  private onProgressLine = false;
  private lastProgressMs = 0;

  constructor(readonly json: boolean) {}

  line(text = ''): void {
    this.endProgress();
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  document(value: unknown): void {
    this.endProgress();
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  note(text: string): void {
    this.endProgress();
    process.stderr.write(`${text}\n`);
  }

  progress(text: string): void {
    if (process.stderr.isTTY) {
      process.stderr.write(CLEAR_LINE + text);
      this.onProgressLine = true;
      return;
    }
    const nowMs = Date.now();
    if (this.lastProgressMs === 0) this.lastProgressMs = nowMs;
    if (nowMs - this.lastProgressMs < PROGRESS_EVERY_MS) return;
    this.lastProgressMs = nowMs;
    process.stderr.write(`${text}\n`);
  }

  bytes(block: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(block, (error) => (error ? reject(error) : resolve()));
    });
  }

  private endProgress(): void {
    if (this.onProgressLine) process.stderr.write(CLEAR_LINE);
    this.onProgressLine = false;
  }
}

export type Cell = string | number | null;

/** Columns as wide as their widest cell; numbers to the right; null is shown as `-`. */
export function table(titles: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))));
  const width = (k: number): number => Math.max(titles[k].length, ...cells.map((row) => row[k].length));
  const right = titles.map((_, k) => rows.length > 0 && rows.every((row) => typeof row[k] !== 'string'));
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, k) => (right[k] ? cell.padStart(width(k)) : cell.padEnd(width(k))))
      .join('  ')
      .trimEnd();
  return [lineOf(titles), lineOf(titles.map((_, k) => '-'.repeat(width(k)))), ...cells.map(lineOf)].join(
    '\n',
  );
}

/** 1234567 -> 1,234,567 */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}
