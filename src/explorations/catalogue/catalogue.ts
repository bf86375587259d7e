// The catalogue: rows on all cores, each by one thread; what needs no answer is a row at once.
import { Worker } from 'node:worker_threads';
import { type CatalogueFilter, catalogueCells } from '../../core/catalogue/cells.js';
import type { CatalogueReply } from './catalogue.worker.js';
import { answerRow, type CatalogueRow } from './row.js';

export interface CatalogueOptions extends CatalogueFilter {
  readonly workers: number;
  readonly progress?: (done: number, of: number) => void;
}

export interface CatalogueResult {
  readonly rows: readonly CatalogueRow[];
  /** Rows that did not come out as expected. */
  readonly failed: number;
}

/** Throws BadInput for a bug or a protocol that is not in the table. */
export async function runCatalogue(options: CatalogueOptions): Promise<CatalogueResult> {
  const { bug, protocol } = options;
  const cells = catalogueCells({ bug, protocol });
  const rows = cells.map((): CatalogueRow | undefined => undefined);
  const asked: number[] = [];
  for (const [k, cell] of cells.entries()) {
    if (cell.expected === 'violated' || cell.expected === 'holds') asked.push(k);
    else rows[k] = await answerRow(cell);
  }
  const threads = Math.max(1, Math.min(options.workers, asked.length));
  let done = 0;
  const finished = (k: number, row: CatalogueRow): void => {
    rows[k] = row;
    options.progress?.(++done, asked.length);
  };
  if (threads === 1) {
    for (const k of asked) {
      const cell = cells[k];
      if (cell !== undefined) finished(k, await answerRow(cell));
    }
  } else {
    const queue = asked.values();
    await Promise.all(Array.from({ length: threads }, () => work({ bug, protocol }, queue, finished)));
  }
  const all = rows.filter((row) => row !== undefined);
  return { rows: all, failed: all.filter((row) => !row.ok).length };
}

/** One thread: takes the next cell until there is none. */
function work(
  filter: CatalogueFilter,
  queue: Iterator<number>,
  finished: (index: number, row: CatalogueRow) => void,
): Promise<void> {
  const worker = new Worker(new URL('./catalogue.worker.js', import.meta.url), { workerData: filter });
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const { value, done } = queue.next();
      if (done !== true) worker.postMessage(value);
      else void worker.terminate().then(() => resolve(), reject);
    };
    worker.on('message', (reply: CatalogueReply) => {
      if ('error' in reply) {
        void worker.terminate();
        reject(new Error(reply.error));
        return;
      }
      finished(reply.index, reply.row);
      next();
    });
    worker.on('error', reject);
    next();
  });
}
