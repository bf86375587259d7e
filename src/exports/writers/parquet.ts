// Parquet: a row group for each page of rows, written out before the next page is read; only the footer grows, by a few
// hundred bytes a group. Numbers that may pass 32 bits are INT64; a, b and c are the values in the order that the key
// `rootline.events` of the footer names them in.
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { CATALOGUE, E } from '../../core/events/catalogue.js';
import { SUBJECT_RADIX, SUBJECTS } from '../../core/events/define.js';
import { ENGINE_VERSION } from '../../core/run/manifest.js';
import type { EventRows } from '../../store/event-rows.js';
import type { NameTable } from '../../store/readable-rows.js';
import { eventTypeName } from '../../store/readable-rows.js';
import { nameTable, type Writer } from './writer.js';

const WIDE = ['position', 'ordinal', 'last_ordinal', 'time_ns'] as const;
const TEXT = ['thread', 'function', 'label', 'type', 'subject_kind'] as const;
const NUMBERS = ['subject', 'a', 'b', 'c'] as const;

const SCHEMA: SchemaElement[] = [
  { name: 'events', num_children: WIDE.length + TEXT.length + NUMBERS.length },
  ...WIDE.map((name): SchemaElement => ({ name, type: 'INT64', repetition_type: 'REQUIRED' })),
  ...TEXT.map(
    (name): SchemaElement => ({
      name,
      type: 'BYTE_ARRAY',
      converted_type: 'UTF8',
      repetition_type: 'OPTIONAL',
    }),
  ),
  ...NUMBERS.map((name): SchemaElement => ({ name, type: 'INT32', repetition_type: 'REQUIRED' })),
];

/** Bytes leave it group by group; offsets go on counting. */
class Outlet extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

export const parquet: Writer = async function* ({ order, pages }) {
  const names = nameTable(order);
  const writer = new Outlet();
  const values = Object.fromEntries(CATALOGUE.map((def) => [def.name, def.values]));
  const file = new ParquetWriter({
    writer,
    schema: SCHEMA,
    createdBy: `rootline ${ENGINE_VERSION}`,
    kvMetadata: [
      { key: 'rootline.manifest', value: JSON.stringify(order.head.session.manifest) },
      { key: 'rootline.events', value: JSON.stringify(values) },
    ],
  });
  for await (const rows of pages()) {
    await file.write({ columnData: columnsOf(rows, names), rowGroupSize: rows.length });
    yield writer.take();
  }
  await file.finish();
  yield writer.take();
};

function columnsOf(rows: EventRows, names: NameTable) {
  const indexes = Array.from({ length: rows.length }, (_, i) => i);
  const ordinal = indexes.map((i) => rows.position[i]! + rows.skipped[i]!);
  const last = indexes.map((i) => ordinal[i]! + (rows.type[i] === E.Counted ? rows.a[i]! - 1 : 0));
  const wide = (numbers: ArrayLike<number>): BigInt64Array => BigInt64Array.from(Array.from(numbers, BigInt));
  return [
    { name: 'position', data: wide(rows.position) },
    { name: 'ordinal', data: wide(ordinal) },
    { name: 'last_ordinal', data: wide(last) },
    { name: 'time_ns', data: wide(rows.timeNs) },
    { name: 'thread', data: indexes.map((i) => names.thread(rows.thread[i]!)) },
    { name: 'function', data: indexes.map((i) => names.function(rows.site[i]!)) },
    { name: 'label', data: indexes.map((i) => names.label(rows.site[i]!)) },
    { name: 'type', data: indexes.map((i) => eventTypeName(rows.type[i]!)) },
    {
      name: 'subject_kind',
      data: indexes.map((i) => SUBJECTS[rows.subject[i]! & (SUBJECT_RADIX - 1)] ?? null),
    },
    { name: 'subject', data: rows.subject.map((subject) => Math.floor(subject / SUBJECT_RADIX)) },
    { name: 'a', data: rows.a },
    { name: 'b', data: rows.b },
    { name: 'c', data: rows.c },
  ];
}
