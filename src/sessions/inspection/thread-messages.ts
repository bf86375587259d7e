// What the main thread and an inspection thread say to each other. An inspection thread has one order at a time; the
// feeding thread serves ports with pages of rows.
import type { MessagePort } from 'node:worker_threads';
import type { StoreLimits } from '../../store/store.limits.js';
import type { WireFailure } from './failure.js';
import type { PageWanted } from './page-source.js';

export interface ThreadData {
  readonly dataDir: string;
  readonly limits: StoreLimits;
  /** Memory of SnapshotFigures. */
  readonly snapshots: SharedArrayBuffer;
  /** One Int32: the number of the last order that was cancelled. A running order looks there without any message. */
  readonly cancelled: SharedArrayBuffer;
}

/** A reply that is not parsed yet. */
export class JsonReply {
  constructor(readonly text: Uint8Array) {}
}

export type ToThread =
  | { readonly kind: 'order'; readonly id: number; readonly name: string; readonly request: unknown }
  /** The asker took a part. */
  | { readonly kind: 'taken'; readonly id: number }
  | { readonly kind: 'feed'; readonly wanted: PageWanted; readonly port: MessagePort }
  /** Let go of the store and end: a thread is never ended from outside, that may hit it inside SQLite. */
  | { readonly kind: 'close' };

export type FromThread =
  | { readonly kind: 'answer'; readonly id: number; readonly reply: unknown }
  /** A large reply as UTF-8; its bytes are handed over, not copied. */
  | { readonly kind: 'json'; readonly id: number; readonly text: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: WireFailure }
  | { readonly kind: 'part'; readonly id: number; readonly part: unknown }
  /** For the feeding thread. */
  | { readonly kind: 'pagesWanted'; readonly wanted: PageWanted; readonly port: MessagePort };
