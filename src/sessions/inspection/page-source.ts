// Rows as they reach an order: while one page is worked on, the next ones are being read by the feeding thread. A replay by
// schedule takes as long as the slower of the two, not as long as both together.
import type { MessagePort } from 'node:worker_threads';
import type { StoredNumbers } from '../../core/run/stored-numbers.js';
import type { EventRows, FoldRows } from '../../store/event-rows.js';
import type { EventReader } from '../../store/event-store.port.js';
import { storeFailed } from '../../store/store.errors.js';
import { failureFromWire, failureToWire, type WireFailure } from './failure.js';

/** Every number of a row as it is stored, the same as columns, or only what folding needs: the quickest to read. */
export type PageColumns = 'numbers' | 'rows' | 'fold';

export interface PageWanted<C extends PageColumns = PageColumns> {
  readonly sessionId: string;
  readonly columns: C;
  readonly from: number;
  readonly to: number;
}

export interface PageOf {
  readonly numbers: StoredNumbers;
  readonly rows: EventRows;
  readonly fold: FoldRows;
}
type Page = PageOf[PageColumns];

export interface PageSource<C extends PageColumns> {
  /** The next rows without gaps, or null after the last. */
  next(): Promise<PageOf[C] | null>;
  close(): void;
}

/**
 * Pages that may be asked for and not yet worked on. They bound the memory (19 MB at 16,384 rows of 9 numbers), and they
 * even out who is quicker at the moment: reading is, while the machine's code is still being compiled.
 */
const PAGES_AHEAD = 16;
const PAGE_ROWS = 16_384;

/** What the feeding thread answers; null rows: there are no more. */
type Fed = { readonly rows: Page | null } | { readonly failure: WireFailure };

export class FedPages<C extends PageColumns> implements PageSource<C> {
  private readonly arrived: Fed[] = [];
  private onArrival: (() => void) | null = null;

  /** Asks for the first pages at once. */
  constructor(private readonly port: MessagePort) {
    const arrive = (fed: Fed): void => {
      this.arrived.push(fed);
      this.onArrival?.();
    };
    port.on('message', arrive);
    port.on('close', () => arrive({ failure: failureToWire(storeFailed('the feeding thread ended')) }));
    port.postMessage(PAGES_AHEAD);
  }

  async next(): Promise<PageOf[C] | null> {
    if (this.arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.onArrival = resolve;
      });
      this.onArrival = null;
    }
    const fed = this.arrived.shift()!;
    if ('failure' in fed) throw failureFromWire(fed.failure);
    if (fed.rows !== null) this.port.postMessage(1);
    return fed.rows as PageOf[C] | null;
  }

  close(): void {
    this.port.close();
  }
}

/** The same rows, read when they are wanted: where there is no other thread. */
export class DirectPages<C extends PageColumns> implements PageSource<C> {
  private from: number;

  constructor(
    private readonly reader: EventReader,
    private readonly wanted: PageWanted<C>,
  ) {
    this.from = wanted.from;
  }

  next(): Promise<PageOf[C] | null> {
    const rows = readPage(this.reader, this.wanted, this.from);
    this.from += rows?.length ?? 0;
    return Promise.resolve(rows as PageOf[C] | null);
  }

  close(): void {
    this.from = Number.MAX_SAFE_INTEGER;
  }
}

/** The feeding thread's end: reads a page for each that the port asks for. */
export function feedPages(reader: EventReader, wanted: PageWanted, port: MessagePort): void {
  let { from } = wanted;
  port.on('message', (pages: number) => {
    try {
      for (let k = 0; k < pages; k++) {
        const rows = readPage(reader, wanted, from);
        from += rows?.length ?? 0;
        port.postMessage({ rows } satisfies Fed, rows === null ? [] : buffersOf(rows));
      }
    } catch (error) {
      port.postMessage({ failure: failureToWire(error) } satisfies Fed);
    }
  });
}

function readPage(reader: EventReader, { sessionId, columns, to }: PageWanted, from: number): Page | null {
  if (from > to) return null;
  const { rows } = pageOf(reader, sessionId, columns, from, to);
  if (rows.length === 0) throw storeFailed(`session ${sessionId} ends before position ${to}`);
  return rows;
}

function pageOf(
  reader: EventReader,
  sessionId: string,
  columns: PageColumns,
  from: number,
  to: number,
): { readonly rows: Page } {
  switch (columns) {
    case 'fold':
      return reader.fold(sessionId, from, PAGE_ROWS, to);
    case 'rows':
      return reader.rows(sessionId, { from, to, limit: PAGE_ROWS });
    default:
      return reader.numbers(sessionId, from, PAGE_ROWS, to);
  }
}

function buffersOf(rows: Page): ArrayBuffer[] {
  const columns = Object.values(rows).filter(ArrayBuffer.isView);
  return [...new Set(columns.map((column) => column.buffer as ArrayBuffer))];
}
