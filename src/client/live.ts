// A live feed of one session as batches to iterate over: it goes on by itself after a lost connection, behind the last
// batch that was given, without loss or repeat.
import { type CompactBatch, Names } from './compact.js';
import { type Batch, Link, type LinkOptions, type ObjectsBatch } from './link.js';
import { type LiveTarget, reconnecting } from './reconnecting.js';
import type { EventFilter, LiveNotice } from './types.js';

export interface LiveOptions {
  /** First position wanted; `end`: only what is stored from now on. Default 1. */
  readonly from?: number | 'end';
  readonly filter?: EventFilter;
  /** Ends the feed. */
  readonly signal?: AbortSignal;
  /** Told of progress and changes of state, as they come; batches may still be waiting. */
  readonly onNotice?: (notice: LiveNotice) => void;
  /** Told of every lost connection, with the position from which the feed goes on. */
  readonly onResume?: (from: number | 'end', why: string) => void;
  /** Batches kept for a reader who is slower than the server; further ones stay in the server's store. */
  readonly maxQueuedBatches?: number;
}

export type Encoding = 'objects' | 'compact';
export type BatchOf<E extends Encoding> = E extends 'compact' ? CompactBatch : ObjectsBatch;

const MAX_QUEUED_BATCHES = 64;

/** Ends when the session has ended and its last event was given; throws a LiveError when it cannot go on. */
export async function* followSession(
  target: LiveTarget,
  session: string,
  encoding: Encoding,
  options: LiveOptions,
): AsyncGenerator<Batch> {
  const WebSocket = await target.webSocket();
  let next = options.from ?? 1;
  const linkOptions: LinkOptions = {
    url: target.url,
    token: target.token,
    session,
    encoding,
    filter: options.filter ?? {},
    maxQueuedBatches: options.maxQueuedBatches ?? MAX_QUEUED_BATCHES,
    names: new Names(),
    onNotice: (notice) => {
      // From here on it is known what `end` was.
      if (notice.kind === 'subscribed' && next === 'end') next = notice.from;
      options.onNotice?.(notice);
    },
  };
  const links = reconnecting(target.url, () => new Link(WebSocket, linkOptions, next), {
    signal: options.signal ?? null,
    onLost: (why) => options.onResume?.(next, why),
  });
  for await (const batch of links) {
    next = batch.to + 1;
    yield batch;
  }
}
