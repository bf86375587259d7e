// What finished cells of sweeps came to, by sweep (a job) and number of the cell. Written once, never changed.
import type { Json } from './jobs.port.js';

/** Cells that are kept of all sweeps together; the oldest sweep that has ended goes first, as a whole. */
export const MAX_KEPT_SWEEP_CELLS = 50_000;
/** Cells that one call reads or writes. */
export const MAX_SWEEP_CELLS_PAGE = 500;

export interface StoredCell {
  readonly cell: number;
  readonly result: Json;
}

export interface SweepStore {
  /** All or none; a cell that is there already stays as it is. At most MAX_SWEEP_CELLS_PAGE. */
  put(jobId: string, cells: readonly StoredCell[]): Promise<void>;
  /** In order, from this number on, at most MAX_SWEEP_CELLS_PAGE. */
  cells(jobId: string, from: number): Promise<StoredCell[]>;
  /** Drops the cells of the oldest ended sweeps until no more than `keep` are left; never those of `spare`. */
  prune(keep: number, spare: string): Promise<void>;
}
