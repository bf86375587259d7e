// The writer of each format.
import type { ExportFormat } from '../formats.js';
import { csv, ndjson } from './lines.js';
import { session } from './session.js';
import type { Writer } from './writer.js';

export const WRITERS: { readonly [F in ExportFormat]?: Writer } = { ndjson, csv, session };
