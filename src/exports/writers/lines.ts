// The two plain forms: JSON objects one a line, and CSV.
import { ndjsonOf } from '../../store/readable-rows.js';
import { CSV_HEADER, csvOf } from './csv.js';
import { nameTable, type Writer } from './writer.js';

export const ndjson: Writer = async function* ({ order, pages }) {
  const names = nameTable(order);
  const encoder = new TextEncoder();
  for await (const rows of pages()) yield encoder.encode(ndjsonOf(rows, names));
};

export const csv: Writer = async function* ({ order, pages }) {
  const names = nameTable(order);
  const encoder = new TextEncoder();
  yield encoder.encode(`${CSV_HEADER}\r\n`);
  for await (const rows of pages()) yield encoder.encode(csvOf(rows, names));
};
