// What the runner and a simulation thread say to each other. Chunks do not pass here: they go from the thread straight
// to the store's writer.
import type { MessagePort } from 'node:worker_threads';
import type { Manifest, Mark, RunProgress, SnapshotBytes } from '../../core/run/contract.js';
import type { LiveCommand } from '../../core/scenarios/live/catalogue.js';

/** What a simulation thread is started with. */
export interface SimulationThreadData {
  readonly yielding: boolean;
}

export interface RunOrder {
  readonly kind: 'run';
  readonly manifest: Manifest;
  /** Where the stored session ends; null when it has nothing of its own yet. */
  readonly committed: RunProgress | null;
  /** The last snapshot at or before that; a cache, may be null. */
  readonly snapshot: SnapshotBytes | null;
  /** Outside inputs that are stored. */
  readonly marks: readonly Mark[];
  /** To the store's writer. */
  readonly port: MessagePort;
  readonly task: Task;
}

/** How far the thread takes the session. */
export type Task =
  /** To its end, or to where it waits for a command. */
  | { readonly kind: 'run' }
  /** A command, then to where the session waits again; its events in one transaction with it, as far as they fit. */
  | { readonly kind: 'command'; readonly command: LiveCommand; readonly events: number | null }
  /** So many events (null: to where the session waits), then it is paused. */
  | { readonly kind: 'step'; readonly events: number | null };

export type Order = RunOrder | { readonly kind: 'stop' };

export type Verdict =
  /** The chunk with the outcome is committed. */
  | { readonly kind: 'ended' }
  /** It waits for a command, or rests where it was told to; that is committed with its last chunk. */
  | { readonly kind: 'rests'; readonly state: 'paused' | 'waiting' }
  /** The state forbids the command; nothing has changed. */
  | { readonly kind: 'forbidden'; readonly message: string; readonly allowed: readonly string[] }
  /** Stopped at a chunk boundary, as asked; everything handed over is committed. */
  | { readonly kind: 'stopped' }
  /** Cannot go on here and now, but may later or elsewhere: another engine, a full disk. */
  | { readonly kind: 'refused'; readonly message: string; readonly diskFull: boolean }
  /** A bug or a limit of the store: it will not get further. */
  | { readonly kind: 'failed'; readonly message: string };
