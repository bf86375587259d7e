// The decision log of a session, put together from the chunks that brought it.
import type { DecisionChunk, DecisionLog } from './event-store.port.js';

export interface DecisionRow {
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly decisions: Uint8Array;
}

/** `segmentEnd`: last position that the session shares with the chunk's owner. */
export function joinDecisions(rows: readonly (DecisionRow & { readonly segmentEnd: number })[]): DecisionLog {
  const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.decisions.length, 0));
  const chunks: DecisionChunk[] = [];
  let offset = 0;
  for (const [k, { fromPosition, toPosition, decisions, segmentEnd }] of rows.entries()) {
    const { length } = decisions;
    bytes.set(decisions, offset);
    // An imported fork has no segments: there, the chunk that its fork point cut ends where the next one begins.
    const validTo = Math.min(toPosition, segmentEnd, rows[k + 1]?.fromPosition ?? toPosition);
    chunks.push({ fromPosition, toPosition, validTo, offset, length });
    offset += length;
  }
  return { bytes, chunks };
}
