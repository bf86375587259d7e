// Two threads side by side in 80 characters, as people draw races in mails. Which two: those that take turns most often,
// unless they are named. Built on the drawing of projections/text-columns.ts, page by page.
import type { EventRows } from '../projections/rows.js';
import { columnHead, textColumns } from '../projections/text-columns.js';

/** Two columns and the gap between them fit a mail. */
const COLUMN_CHARS = 39;

export interface TwoColumnsOptions {
  readonly threads: ReadonlyMap<number, string>;
  readonly functionOf: (site: number) => string | undefined;
}

export class TwoColumns {
  private readonly turns = new Map<number, number>();
  private readonly rowsOf = new Map<number, number>();
  private last = -1;
  private pair: readonly number[] | null = null;
  /** Function that each thread was in when the page before ended. */
  private readonly inFunction = new Map<number, string>();

  constructor(private readonly options: TwoColumnsOptions) {}

  /** Counts how often threads take turns. */
  watch(rows: EventRows, length: number): void {
    for (let i = 0; i < length; i++) {
      const thread = rows.thread[i];
      this.rowsOf.set(thread, (this.rowsOf.get(thread) ?? 0) + 1);
      if (this.last >= 0 && thread !== this.last) {
        const pair = Math.min(thread, this.last) * 256 + Math.max(thread, this.last);
        this.turns.set(pair, (this.turns.get(pair) ?? 0) + 1);
      }
      this.last = thread;
    }
  }

  choose(first: number, second: number): void {
    this.pair = [first, second];
  }

  head(): string {
    return `${columnHead(this.columns, this.drawing()).join('\n')}\n`;
  }

  lines(rows: EventRows, length: number): string {
    const lines = textColumns(rows, 0, length, { ...this.drawing(), columns: this.columns });
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  private drawing() {
    const { threads, functionOf } = this.options;
    const names = Array.from({ length: 256 }, (_, thread) => threads.get(thread) ?? `thread ${thread}`);
    return { threads: names, functionOf, width: COLUMN_CHARS, inFunction: this.inFunction };
  }

  private get columns(): readonly number[] {
    if (this.pair === null) {
      const most = [...this.turns].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0]);
      // A thread that is alone has a column of its own.
      const alone = [...this.rowsOf.keys()];
      this.pair = most[0] < 0 ? alone : [Math.floor(most[0] / 256), most[0] % 256];
    }
    return this.pair;
  }
}
