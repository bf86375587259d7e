// A thread of the catalogue: is sent cells by number, answers with rows.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import { type CatalogueFilter, catalogueCells } from '../../core/catalogue/cells.js';
import { type AnsweredRow, answerRow } from './row.js';

export interface CatalogueThreadData extends CatalogueFilter {
  readonly politely: boolean;
}

export type CatalogueReply =
  | { readonly index: number; readonly answered: AnsweredRow }
  | { readonly index: number; readonly error: string };

/** What is answered meanwhile goes first. */
const NICENESS = 10;

const port = ensure(parentPort, 'the port of a worker');
const { politely, ...filter } = workerData as CatalogueThreadData;
if (politely && platform() === 'linux') setPriority(NICENESS);
const cells = catalogueCells(filter);

port.on('message', (index: number) => {
  void answerRow(ensure(cells[index], 'a cell of this number')).then(
    (answered) => port.postMessage({ index, answered } satisfies CatalogueReply),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const { answer, protocol } = ensure(cells[index], 'a cell of this number');
      port.postMessage({ index, error: `${answer.bug}, ${protocol}: ${text}` } satisfies CatalogueReply);
    },
  );
});
