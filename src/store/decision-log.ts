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
  for (const { fromPosition, toPosition, decisions, segmentEnd } of rows) {
    const { length } = decisions;
    bytes.set(decisions, offset);
    chunks.push({ fromPosition, toPosition, validTo: Math.min(toPosition, segmentEnd), offset, length });
    offset += length;
  }
  return { bytes, chunks };
}
