// Rows of several queries as one sequence, by position.
import type { HistoryRows } from './history.js';

export interface RowRef {
  readonly rows: HistoryRows;
  readonly i: number;
}

/** Parts may run forwards or backwards; a position that several parts have comes once. */
export function rowsInOrder(parts: readonly HistoryRows[]): RowRef[] {
  const all: RowRef[] = [];
  for (const rows of parts) for (let i = 0; i < rows.length; i++) all.push({ rows, i });
  all.sort((x, y) => x.rows.position[x.i] - y.rows.position[y.i]);
  return all.filter(
    (row, k) => k === 0 || row.rows.position[row.i] !== all[k - 1].rows.position[all[k - 1].i],
  );
}
