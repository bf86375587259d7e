// Events as CSV (RFC 4180), one column for each column of the view events_readable.

import type { EventRows } from '../../store/event-rows.js';
import { type NameTable, type ReadableEvent, readableEvent } from '../../store/readable-rows.js';

export const CSV_HEADER =
  'position,ordinal,last_ordinal,time_ns,thread,function,label,type,subject_kind,subject,values';

export function csvOf(rows: EventRows, names: NameTable): string {
  let text = '';
  for (let i = 0; i < rows.length; i++) text += csvLine(readableEvent(rows, i, names));
  return text;
}

export function csvLine(e: ReadableEvent): string {
  const cells = [
    e.position,
    e.ordinal,
    e.lastOrdinal,
    e.timeNs,
    e.thread,
    e.function,
    e.label,
    e.type,
    e.subject.kind,
    e.subject.number,
    JSON.stringify(e.values),
  ];
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvCell(value: string | number | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
