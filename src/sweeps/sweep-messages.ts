// What the threads of a sweep and the main thread say to each other. A thread never looks at messages while it runs a
// cell: the flag to stop is shared memory.
import type { Manifest } from '../core/run/contract.js';
import type { CellResult } from '../core/sweeps/table.js';

export interface SweepThreadData {
  /** The thread gives way to those that answer requests. */
  readonly yielding: boolean;
  /** One number: not 0 to stop. */
  readonly stop: SharedArrayBuffer;
}

export interface CellOrder {
  readonly cell: number;
  readonly manifest: Manifest;
}

export type FromSweepThread =
  /** Events of the cell so far. */
  | { readonly kind: 'events'; readonly events: number }
  | { readonly kind: 'ended'; readonly cell: number; readonly result: CellResult }
  /** It was told to stop. */
  | { readonly kind: 'stopped' }
  /** This build cannot run it: no cell of the sweep can be run. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };
