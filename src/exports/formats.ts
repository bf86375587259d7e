// The forms in which a session leaves: what each is called on the wire and on disk, and how much of it is allowed.
import { BadInput } from '../core/base/errors.js';

export const EXPORT_FORMATS = [
  'perfetto',
  'chrome',
  'ftrace',
  'columns',
  'ndjson',
  'csv',
  'parquet',
  'session',
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Events that a Chrome JSON trace may be made of: viewers read the whole text at once. Perfetto has no such limit. */
export const MAX_CHROME_EVENTS = 2_000_000;
/** Events of a drawing for people. */
export const MAX_COLUMNS_EVENTS = 200_000;

export interface FormatInfo {
  readonly mediaType: string;
  /** Behind the session's id, in a file name. */
  readonly suffix: string;
  readonly what: string;
  readonly maxEvents: { readonly name: string; readonly value: number } | null;
}

export const FORMATS: { readonly [F in ExportFormat]: FormatInfo } = {
  perfetto: {
    mediaType: 'application/vnd.google.perfetto.trace',
    suffix: 'perfetto-trace',
    what: 'Perfetto protobuf: functions, states of roots and locks, flows; for ui.perfetto.dev',
    maxEvents: null,
  },
  chrome: {
    mediaType: 'application/json',
    suffix: 'trace.json',
    what: "the same tracks as Chrome's JSON trace",
    maxEvents: { name: 'MAX_CHROME_EVENTS', value: MAX_CHROME_EVENTS },
  },
  ftrace: {
    mediaType: 'text/plain; charset=utf-8',
    suffix: 'trace.txt',
    what: 'text like that of tracefs, one line an event',
    maxEvents: null,
  },
  columns: {
    mediaType: 'text/plain; charset=utf-8',
    suffix: 'columns.txt',
    what: 'two threads side by side in 80 characters, for a mail',
    maxEvents: { name: 'MAX_COLUMNS_EVENTS', value: MAX_COLUMNS_EVENTS },
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    suffix: 'ndjson',
    what: 'one JSON object an event and line',
    maxEvents: null,
  },
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    suffix: 'csv',
    what: 'RFC 4180, one line an event',
    maxEvents: null,
  },
  parquet: {
    mediaType: 'application/vnd.apache.parquet',
    suffix: 'parquet',
    what: 'columns for DuckDB, pandas and the like',
    maxEvents: null,
  },
  session: {
    mediaType: 'application/vnd.rootline.session',
    suffix: 'rootline',
    what: 'everything: another Rootline imports it unchanged',
    maxEvents: null,
  },
};

export function exportFormat(name: string): ExportFormat {
  const found = EXPORT_FORMATS.find((format) => format === name);
  if (found !== undefined) return found;
  throw new BadInput(
    'unknown-format',
    `unknown format "${name}"; expected one of: ${EXPORT_FORMATS.join(', ')}`,
    EXPORT_FORMATS,
  );
}

export interface ExportRequest {
  readonly format: ExportFormat;
  /** First and last position, both included; all by default. */
  readonly from?: number;
  readonly to?: number;
  /** Of a session file: with its snapshots, which are a cache. */
  readonly snapshots?: boolean;
  /** Of two columns: the names of both threads; by default the two that take turns most. */
  readonly threads?: readonly string[];
  /** Further sessions in the same file, all on one clock; perfetto and chrome. */
  readonly beside?: readonly string[];
}

/** Sessions of one file. */
export const MAX_SESSIONS_BESIDE = 7;
const BESIDE: readonly ExportFormat[] = ['perfetto', 'chrome'];

/** Throws BadInput where sessions cannot stand in one file. */
export function checkBeside(id: string, { format, beside = [], from, to }: ExportRequest): void {
  if (beside.length === 0) return;
  if (!BESIDE.includes(format))
    throw new BadInput(
      'export-beside',
      `the format ${format} holds one session; expected perfetto or chrome for several`,
      BESIDE,
    );
  if (from !== undefined || to !== undefined)
    throw new BadInput('export-beside', 'positions are those of one session; several are exported whole');
  if (beside.length > MAX_SESSIONS_BESIDE)
    throw new BadInput(
      'export-beside',
      `at most ${1 + MAX_SESSIONS_BESIDE} sessions in one file, got ${1 + beside.length}`,
    );
  if (new Set([id, ...beside]).size <= beside.length)
    throw new BadInput('export-beside', 'a session is named twice; expected different sessions');
}

export interface ExportRange {
  readonly from: number;
  readonly to: number;
}

/** The positions that a request means; throws BadInput for those that the session does not have. */
export function rangeOf(request: ExportRequest, position: number): ExportRange {
  const { format } = request;
  const [from, to] = [request.from ?? 1, request.to ?? position];
  if (format === 'session' && (request.from !== undefined || request.to !== undefined))
    throw new BadInput('export-range', 'a session file holds the whole session; it takes no from and no to');
  const whole = request.from === undefined && request.to === undefined;
  const within = Number.isInteger(from) && Number.isInteger(to) && from >= 1 && from <= to && to <= position;
  if (!within && !(whole && position === 0)) {
    throw new BadInput(
      'export-range',
      `positions ${from} to ${to} are not in the session; expected a range from 1 to ${position}`,
    );
  }
  const { maxEvents } = FORMATS[format];
  const events = to - from + 1;
  if (maxEvents !== null && events > maxEvents.value) {
    throw new BadInput(
      'export-too-large',
      `${events} events are too many for the format ${format}: at most ${maxEvents.value} (${maxEvents.name}); narrow it with from and to`,
      EXPORT_FORMATS.filter((other) => FORMATS[other].maxEvents === null),
    );
  }
  return { from, to };
}
