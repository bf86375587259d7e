// What every part of an import must satisfy before it is stored, whichever store it is.
import type { RunProgress } from '../core/run/contract.js';
import { chunkRefused } from './chunk-check.js';
import { shortColumn } from './event-rows.js';
import type { ImportPart } from './imports.port.js';
import { limitExceeded, queryRefused, type StoreError } from './store.errors.js';
import { ROW_BYTES_BOUND, type StoreLimits } from './store.limits.js';

/** How far an import has come. */
export interface ImportState {
  readonly position: number;
  readonly storedBytes: number;
}

/** Throws unless the part may be stored; returns the state after it. */
export function checkPart(
  importId: string,
  state: ImportState,
  part: ImportPart,
  limits: StoreLimits,
): ImportState {
  const { rows, decisions, snapshots } = part;
  const length = rows?.columns.length ?? 0;
  if (rows !== null) {
    if (rows.from !== state.position + 1) {
      const why = `its rows begin at position ${rows.from}, expected ${state.position + 1}`;
      throw chunkRefused(importId, why);
    }
    if (length > limits.maxChunkRows)
      throw limitExceeded('maxChunkRows', limits.maxChunkRows, length, 'rows in one part');
    const short = shortColumn(rows.columns);
    if (short !== null) throw chunkRefused(importId, `column ${short} has fewer than ${length} rows`);
  }
  for (const { size } of snapshots) {
    if (size > limits.maxSnapshotBytes)
      throw limitExceeded('maxSnapshotBytes', limits.maxSnapshotBytes, size, 'bytes of one snapshot');
  }
  const bytes =
    length * ROW_BYTES_BOUND +
    decisions.reduce((sum, chunk) => sum + chunk.decisions.length, 0) +
    snapshots.reduce((sum, snapshot) => sum + snapshot.deflated.length, 0) +
    (part.traceLines ?? []).reduce((sum, lines) => sum + lines.deflated.length, 0) +
    (part.traceSummary?.length ?? 0);
  const storedBytes = state.storedBytes + bytes;
  if (storedBytes > limits.maxSessionBytes)
    throw limitExceeded('maxSessionBytes', limits.maxSessionBytes, storedBytes, 'bytes of one session');
  return { position: state.position + length, storedBytes };
}

export function checkEnd(importId: string, state: ImportState, progress: RunProgress | null): void {
  const end = progress?.position ?? 0;
  if (end === state.position) return;
  throw chunkRefused(importId, `its progress says position ${end}, its rows end at ${state.position}`);
}

export function noImport(importId: string): StoreError {
  return queryRefused(`there is no import ${importId}`, 'one that was begun and has not ended');
}
