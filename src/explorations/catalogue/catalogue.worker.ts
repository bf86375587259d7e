// A thread of the catalogue: is sent cells by number, answers with rows.
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import { type CatalogueFilter, catalogueCells } from '../../core/catalogue/cells.js';
import { answerRow, type CatalogueRow } from './row.js';

export type CatalogueReply =
  | { readonly index: number; readonly row: CatalogueRow }
  | { readonly index: number; readonly error: string };

const port = ensure(parentPort, 'the port of a worker');
const cells = catalogueCells(workerData as CatalogueFilter);

port.on('message', (index: number) => {
  void answerRow(ensure(cells[index], 'a cell of this number')).then(
    (row) => port.postMessage({ index, row } satisfies CatalogueReply),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const { answer, protocol } = ensure(cells[index], 'a cell of this number');
      port.postMessage({ index, error: `${answer.bug}, ${protocol}: ${text}` } satisfies CatalogueReply);
    },
  );
});
