// A sweep's table as bytes: JSON, CSV (RFC 4180) or Parquet. The same table gives the same bytes.
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { BadInput } from '../core/base/errors.js';
import { ENGINE_VERSION } from '../core/run/manifest.js';
import type { SweepManifest } from '../core/sweeps/plan.js';
import type { SweepTable } from '../core/sweeps/table.js';
import { type TableColumn, type TableRow, tableColumns, tableRows } from '../core/sweeps/table-text.js';
import { csvCell } from '../exports/writers/csv.js';

export const TABLE_FORMATS = ['json', 'csv', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

export const TABLE_TYPES: { readonly [F in TableFormat]: string } = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

/** The table with what it is a function of: what `rootline sweep --json` prints. */
export interface SweepDocument {
  readonly manifest: SweepManifest;
  readonly table: SweepTable;
}

export function tableFormat(name: string): TableFormat {
  const found = TABLE_FORMATS.find((format) => format === name);
  if (found !== undefined) return found;
  throw new BadInput(
    'unknown-format',
    `unknown format "${name}"; expected one of: ${TABLE_FORMATS.join(', ')}`,
    TABLE_FORMATS,
  );
}

export function tableBytes(document: SweepDocument, format: TableFormat): Uint8Array {
  if (format === 'parquet') return parquetOf(document);
  const text = format === 'csv' ? csvOf(document.table) : `${JSON.stringify(document)}\n`;
  return new TextEncoder().encode(text);
}

function csvOf(table: SweepTable): string {
  const columns = tableColumns(table);
  const line = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(',')}\r\n`;
  const rows = tableRows(table).map((row) => line(columns.map((column) => column.of(row))));
  return line(columns.map(({ name }) => name)) + rows.join('');
}

function parquetOf({ table, manifest }: SweepDocument): Uint8Array {
  const rows = tableRows(table);
  const columns = tableColumns(table);
  const schema: SchemaElement[] = [
    { name: 'sweep', num_children: columns.length },
    ...columns.map(elementOf),
  ];
  const bytes = parquetWriteBuffer({
    columnData: columns.map((column) => ({ name: column.name, data: dataOf(column, rows) })),
    schema,
    kvMetadata: [
      { key: 'rootline.engine', value: ENGINE_VERSION },
      { key: 'rootline.sweep', value: JSON.stringify(manifest) },
    ],
  });
  return new Uint8Array(bytes);
}

function elementOf({ name, kind }: TableColumn): SchemaElement {
  if (kind === 'integer') return { name, type: 'INT64', repetition_type: 'REQUIRED' };
  if (kind === 'real') return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' };
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
}

function dataOf(column: TableColumn, rows: readonly TableRow[]): (string | number | bigint | null)[] {
  const values = rows.map((row) => column.of(row));
  return column.kind === 'integer' ? values.map((value) => BigInt(value ?? 0)) : values;
}
