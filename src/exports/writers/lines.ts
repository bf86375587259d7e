// The two plain forms: JSON objects one a line, and CSV.
import { ndjsonOf } from '../../store/readable-rows.js';
import { EventLines } from '../../traces/event-lines.js';
import { CSV_HEADER, csvOf } from './csv.js';
import { nameTable, type Writer } from './writer.js';

export const ndjson: Writer = async function* (context) {
  const names = nameTable(context.order);
  const encoder = new TextEncoder();
  const lines =
    context.order.trace === null ? null : new EventLines((from, limit) => context.traceLines(from, limit));
  for await (const rows of context.pages()) {
    const numbers = lines === null ? null : await lines.of(rows.position);
    yield encoder.encode(ndjsonOf(rows, names, numbers));
  }
};

export const csv: Writer = async function* ({ order, pages }) {
  const names = nameTable(order);
  const encoder = new TextEncoder();
  yield encoder.encode(`${CSV_HEADER}\r\n`);
  for await (const rows of pages()) yield encoder.encode(csvOf(rows, names));
};
