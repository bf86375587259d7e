// What the runner and a simulation thread say to each other. Chunks do not pass here: they go from the thread straight
// to the store's writer.
import type { MessagePort } from 'node:worker_threads';
import type { Manifest, RunProgress, SnapshotBytes } from '../../core/run/contract.js';

export interface RunOrder {
  readonly kind: 'run';
  readonly manifest: Manifest;
  /** Where the stored session ends; null when nothing is stored. */
  readonly committed: RunProgress | null;
  /** The last snapshot at or before that; a cache, may be null. */
  readonly snapshot: SnapshotBytes | null;
  /** To the store's writer. */
  readonly port: MessagePort;
}

export type Order = RunOrder | { readonly kind: 'stop' };

export type Verdict =
  /** The chunk with the outcome is committed. */
  | { readonly kind: 'ended' }
  /** Stopped at a chunk boundary, as asked; everything handed over is committed. */
  | { readonly kind: 'stopped' }
  /** Cannot go on here and now, but may later or elsewhere: another engine, a full disk. */
  | { readonly kind: 'refused'; readonly message: string; readonly diskFull: boolean }
  /** A bug or a limit of the store: it will not get further. */
  | { readonly kind: 'failed'; readonly message: string };
