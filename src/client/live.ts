// A live feed of one session as batches to iterate over: it goes on by itself after a lost connection, behind the last
// batch that was given, without loss or repeat.
import { type CompactBatch, Names } from './compact.js';
import { LiveError } from './errors.js';
import { type Batch, Dropped, Link, type LinkOptions, type ObjectsBatch } from './link.js';
import type { SocketConstructor } from './socket.js';
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

export interface LiveTarget {
  readonly url: string;
  readonly token: string | null;
  readonly webSocket: () => Promise<SocketConstructor>;
}

export type Encoding = 'objects' | 'compact';
export type BatchOf<E extends Encoding> = E extends 'compact' ? CompactBatch : ObjectsBatch;

const MAX_QUEUED_BATCHES = 64;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** Ends when the session has ended and its last event was given; throws a LiveError when it cannot go on. */
export async function* followSession(
  target: LiveTarget,
  session: string,
  encoding: Encoding,
  options: LiveOptions,
): AsyncGenerator<Batch> {
  const { signal } = options;
  const WebSocket = await target.webSocket();
  let next = options.from ?? 1;
  let reached = false;
  let pause = FIRST_PAUSE_MS;
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
  const aborted = (): boolean => signal?.aborted === true;
  while (!aborted()) {
    const link = new Link(WebSocket, linkOptions, next);
    const abort = (): void => link.close();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        const batch = await link.take();
        if (batch === null) return;
        pause = FIRST_PAUSE_MS;
        next = batch.to + 1;
        yield batch;
      }
    } catch (error) {
      reached ||= link.opened;
      if (!(error instanceof Dropped)) throw error;
      if (aborted()) return;
      if (!reached) throw new LiveError('unreachable', `${target.url} cannot be reached: ${error.message}`);
      options.onResume?.(next, error.message);
    } finally {
      signal?.removeEventListener('abort', abort);
      link.close();
    }
    // Many clients of a server that comes back do not all come at once.
    await wait(pause * (0.5 + Math.random() / 2), signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
