// A whole session as one file, block by block. Forks come out whole: their rows are read through segments, so the file
// does not know that some of them were a parent's. What is kept in memory is one page of rows and one block.
import { createHash } from 'node:crypto';
import { encodeRows, type RowBlock } from '../../core/exports/row-block.js';
import type { SnapshotBytes } from '../../core/run/contract.js';
import { packSnapshot } from '../../store/channel/prepared-chunk.js';
import type { DecisionLog, StoredMark } from '../../store/event-store.port.js';
import type { NameSince, TraceLines } from '../../store/imports.port.js';
import { decisionBlocks } from './decision-blocks.js';
import {
  type BlockName,
  FILE_VERSION,
  type FileEnd,
  fileHeader,
  MAX_SNAPSHOT_BLOCK_BYTES,
  packBlock,
  TRACE_FILE_VERSION,
} from './frames.js';
import { jsonBytes, type SessionHead } from './head.js';
import { snapshotBlock } from './snapshot-block.js';
import { linesBlock } from './trace-block.js';

const NAMES_PER_BLOCK = 4_096;
const MARKS_PER_BLOCK = 256;

export interface SessionSource {
  readonly head: SessionHead;
  readonly names: readonly NameSince[];
  readonly decisions: DecisionLog;
  readonly marks: readonly StoredMark[];
  /** Every row in order, at most MAX_BLOCK_ROWS at once. */
  readonly rows: AsyncIterable<RowBlock>;
  /** Of an imported trace: what its import came to, as JSON, and its lines in order. */
  readonly trace: { readonly summary: string; readonly lines: AsyncIterable<TraceLines> } | null;
  /** In any order; none where the file is to be small. */
  readonly snapshots: AsyncIterable<SnapshotBytes>;
}

export async function* sessionFile(source: SessionSource): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let blocks = 0;
  let rows = 0;
  const told = (bytes: Uint8Array): Uint8Array => {
    hash.update(bytes);
    return bytes;
  };
  const block = (kind: BlockName, body: Uint8Array): Uint8Array => {
    blocks++;
    return told(packBlock(kind, body));
  };
  yield told(fileHeader(source.trace === null ? FILE_VERSION : TRACE_FILE_VERSION));
  yield block('session', jsonBytes(source.head));
  for (let at = 0; at < source.names.length; at += NAMES_PER_BLOCK) {
    yield block('names', jsonBytes(source.names.slice(at, at + NAMES_PER_BLOCK)));
  }
  for await (const { from, columns } of source.rows) {
    rows += columns.length;
    yield block('rows', encodeRows(from, columns));
  }
  for (const body of decisionBlocks(source.decisions)) yield block('decisions', body);
  for (let at = 0; at < source.marks.length; at += MARKS_PER_BLOCK) {
    yield block('inputs', jsonBytes(source.marks.slice(at, at + MARKS_PER_BLOCK)));
  }
  if (source.trace !== null) {
    yield block('trace', new TextEncoder().encode(source.trace.summary));
    for await (const chunk of source.trace.lines) yield block('lines', linesBlock(chunk));
  }
  for await (const snapshot of source.snapshots) {
    const body = snapshotBlock(packSnapshot(snapshot));
    if (body.length <= MAX_SNAPSHOT_BLOCK_BYTES) yield block('snapshot', body);
  }
  const end: FileEnd = { blocks, rows, sha256: hash.digest('hex') };
  yield packBlock('end', jsonBytes(end));
}
