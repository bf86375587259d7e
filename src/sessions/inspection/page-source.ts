// Rows as they reach an inspection thread: while one page is worked on, the next is being read.
import type { MessagePort } from 'node:worker_threads';
import type { EventRows, FoldRows } from '../../store/event-rows.js';
import type { FromThread, PageColumns, ToThread } from './messages.js';

export interface RowsOf {
  readonly all: EventRows;
  readonly fold: FoldRows;
}

export class PageSource<C extends PageColumns> {
  private coming: Promise<RowsOf[C] | null> | null = null;
  private arrived: ((rows: RowsOf[C] | null) => void) | null = null;

  constructor(
    private readonly port: MessagePort,
    private readonly columns: C,
    private from: number,
    private readonly to: number,
  ) {
    port.on('message', (message: ToThread) => {
      if (message.kind === 'page') this.arrived?.(message.rows as RowsOf[C] | null);
    });
  }

  /** The next rows without gaps, or null after the last. */
  async next(): Promise<RowsOf[C] | null> {
    const rows = await (this.coming ?? this.ask());
    if (rows === null) return null;
    this.from += rows.length;
    this.coming = this.ask();
    return rows;
  }

  private ask(): Promise<RowsOf[C] | null> {
    if (this.from > this.to) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.arrived = resolve;
      this.port.postMessage({
        kind: 'pageWanted',
        from: this.from,
        columns: this.columns,
      } satisfies FromThread);
    });
  }
}
