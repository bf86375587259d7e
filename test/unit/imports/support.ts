// Imports a text into rows without a store.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { World } from '../../../src/core/aggregates/world.js';
import { EVENT_BY_CODE } from '../../../src/core/events/catalogue.js';
import { SUBJECT_RADIX } from '../../../src/core/events/define.js';
import { type LineChunk, readLines, type TracedLine } from '../../../src/core/imports/event-codec.js';
import { TraceImport, type TraceSummary } from '../../../src/core/imports/trace-import.js';
import type { RowChunk } from '../../../src/core/imports/trace-rows.js';
import type { RunProgress } from '../../../src/core/run/contract.js';
import { foldRows } from '../../../src/core/run/replay-by-fold.js';
import { traceLayout } from '../../../src/core/run/trace-session.js';
import { FrameReader, type FrameReport } from '../../../src/core/traces/frames/frame-reader.js';

export const FIXTURES = join(import.meta.dirname, '../../../fixtures/traces');

export function textOf(name: string): string {
  return gunzipSync(readFileSync(join(FIXTURES, name))).toString('utf8');
}

export interface ImportedRow {
  readonly position: number;
  readonly type: string;
  readonly subject: number;
  readonly thread: string;
  readonly seenIn: string;
  readonly how: string;
  readonly values: readonly [number, number, number];
}

export interface Imported {
  readonly summary: TraceSummary;
  readonly progress: RunProgress;
  readonly report: FrameReport;
  readonly rows: readonly ImportedRow[];
  readonly lines: readonly TracedLine[];
  readonly chunks: readonly LineChunk[];
  /** What folding the rows gives. */
  readonly world: World;
}

export function importText(
  text: string,
  kernel: string | null = null,
  misses: [string, number][] = [],
): Imported {
  const rowChunks: RowChunk[] = [];
  const chunks: LineChunk[] = [];
  const trace = new TraceImport({
    kernel,
    kprobeMisses: new Map(misses),
    onBegin: () => undefined,
    onRows: (chunk) => rowChunks.push(chunk),
    onLines: (chunk) => chunks.push(chunk),
  });
  const reader = new FrameReader((frame) => trace.frame(frame));
  for (let at = 0; at < text.length; at += 65_536) reader.push(text.slice(at, at + 65_536));
  const report = reader.end();
  const { summary, progress, names } = trace.end();
  const sites = new Map<number, { seenIn: string; how: string }>();
  const threads = new Map<number, string>();
  for (const { entry } of [...rowChunks.flatMap((chunk) => chunk.names), ...names]) {
    if (entry.kind === 'thread') threads.set(entry.id, entry.name);
    else sites.set(entry.id, { seenIn: entry.function, how: entry.label });
  }
  const world = new World(traceLayout());
  const rows: ImportedRow[] = [];
  for (const { columns, from } of rowChunks) {
    foldRows(world, columns, 0, columns.length, 'full');
    for (let i = 0; i < columns.length; i++) {
      rows.push({
        position: from + i,
        type: EVENT_BY_CODE[columns.type[i]!]!.name,
        subject: Math.floor(columns.subject[i]! / SUBJECT_RADIX),
        thread: threads.get(columns.thread[i]!) ?? '?',
        ...(sites.get(columns.site[i]!) ?? { seenIn: '?', how: '?' }),
        values: [columns.a[i]!, columns.b[i]!, columns.c[i]!],
      });
    }
  }
  return { summary, progress, report, rows, lines: chunks.flatMap(readLines), chunks, world };
}

export const countOf = (imported: Imported, type: string): number =>
  imported.rows.filter((row) => row.type === type).length;
