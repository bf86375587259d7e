// The writer of each format.
import type { ExportFormat } from '../formats.js';
import { csv, ndjson } from './lines.js';
import { parquet } from './parquet.js';
import { session } from './session.js';
import { columns, ftrace } from './texts.js';
import { chrome, perfetto } from './tracks.js';
import type { Writer } from './writer.js';

export const WRITERS: { readonly [F in ExportFormat]: Writer } = {
  perfetto,
  chrome,
  ftrace,
  columns,
  ndjson,
  csv,
  parquet,
  session,
};
