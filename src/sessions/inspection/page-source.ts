// Rows as they reach an inspection thread: while one page is worked on, the next ones are being read by the store's
// reader thread. A replay by schedule takes as long as the slower of the two, not as long as both together.
import type { MessagePort } from 'node:worker_threads';
import type { StoredNumbers } from '../../core/run/stored-numbers.js';
import type { FoldRows } from '../../store/event-rows.js';
import type { FromThread, PageColumns, ToThread } from './messages.js';

/**
 * Pages that may be asked for and not yet worked on. They bound the memory (19 MB at 16,384 rows of 9 numbers), and they
 * even out who is quicker at the moment: reading is, while the machine's code is still being compiled.
 */
const PAGES_AHEAD = 16;

export interface RowsOf {
  readonly numbers: StoredNumbers;
  readonly fold: FoldRows;
}

export class PageSource<C extends PageColumns> {
  private readonly arrived: RowsOf[C][] = [];
  private onArrival: (() => void) | null = null;
  /** Pages on their way. */
  private coming = 0;

  /** Asks for the first pages at once. */
  constructor(
    private readonly port: MessagePort,
    private readonly columns: C,
    private from: number,
    private readonly to: number,
    private readonly pageRows: number,
  ) {
    port.on('message', (message: ToThread) => {
      if (message.kind !== 'page') return;
      this.coming--;
      this.arrived.push(message.rows as RowsOf[C]);
      this.onArrival?.();
    });
    this.ask();
  }

  /** The next rows without gaps, or null after the last. */
  async next(): Promise<RowsOf[C] | null> {
    if (this.arrived.length === 0) {
      if (this.coming === 0) return null;
      await new Promise<void>((resolve) => {
        this.onArrival = resolve;
      });
      this.onArrival = null;
    }
    const rows = this.arrived.shift()!;
    this.ask();
    return rows;
  }

  private ask(): void {
    const { port, columns } = this;
    while (this.from <= this.to && this.coming + this.arrived.length < PAGES_AHEAD) {
      port.postMessage({ kind: 'pageWanted', from: this.from, columns } satisfies FromThread);
      this.from += this.pageRows;
      this.coming++;
    }
  }
}
