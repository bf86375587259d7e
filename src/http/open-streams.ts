// NDJSON answers that are being read: a bounded number, and ended when the server stops. An ended one is cut off, not
// finished: a client must not take half of an answer for the whole.
import type { Readable } from 'node:stream';
import { MAX_STREAMS } from '../config/limits.js';
import { Problem } from './problem.js';
import type { Stopping } from './stopping.js';

/** Injection token. */
export const OPEN_STREAMS = Symbol('OpenStreams');

export class OpenStreams {
  private readonly streams = new Set<Readable>();

  constructor(
    stopping: Stopping,
    private readonly stallMs: number,
  ) {
    stopping.onStop(() => {
      for (const stream of this.streams) stream.destroy(new Error('the server is stopping'));
    });
  }

  get count(): number {
    return this.streams.size;
  }

  /** Makes the stream unless too many are open. */
  open(make: () => Readable): Readable {
    if (this.streams.size >= MAX_STREAMS) {
      throw new Problem(
        429,
        'streams',
        `${MAX_STREAMS} streams are open (MAX_STREAMS); try again when one has ended`,
      );
    }
    const stream = make();
    this.streams.add(stream);
    // Paused while its client does not read: for too long, and it makes room for another.
    let stalled: NodeJS.Timeout | undefined;
    stream.on('pause', () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => stream.destroy(new Error('the client does not read')), this.stallMs).unref();
    });
    stream.on('resume', () => clearTimeout(stalled));
    stream.once('close', () => {
      clearTimeout(stalled);
      this.streams.delete(stream);
    });
    return stream;
  }
}
