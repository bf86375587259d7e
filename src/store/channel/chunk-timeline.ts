// The timeline of one chunk, packed where the chunk is prepared: on the simulation's thread, which has the time.
import { packBuckets, TIMELINE_UNITS, timelineBuckets } from '../../core/projections/timeline.js';
import type { StoredColumns } from '../../core/run/contract.js';

export interface ChunkTimeline {
  readonly maxTimeNs: number;
  /** Packed buckets of the two widths (TIMELINE_UNITS). */
  readonly coarse: Uint8Array;
  readonly fine: Uint8Array;
}

/** @param position of the first row; null where there are no rows */
export function chunkTimeline(columns: StoredColumns, position: number): ChunkTimeline | null {
  const { length } = columns;
  if (length === 0) return null;
  const fine = timelineBuckets(columns, 0, length, position, TIMELINE_UNITS.fine);
  const coarse = timelineBuckets(columns, 0, length, position, TIMELINE_UNITS.coarse);
  const maxTimeNs = coarse.reduce((max, { toTimeNs }) => Math.max(max, toTimeNs), 0);
  return { maxTimeNs, coarse: packBuckets(coarse), fine: packBuckets(fine) };
}
