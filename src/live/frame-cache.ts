// Messages of events, made once and given to every reader who wants the same range in the same form. Bounded in bytes
// and in reads under way: readers of many places wait for each other here and not in the store's reader thread, which
// serves the REST routes as well.
import type { EncodedFrame, EventStore, FrameRequest } from '../store/event-store.port.js';

export interface CacheFigures {
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
}

export class FrameCache {
  private readonly kept = new Map<string, EncodedFrame>();
  private readonly underWay = new Map<string, Promise<EncodedFrame>>();
  private readonly waiting: (() => void)[] = [];
  private reads = 0;
  private bytes = 0;
  private hits = 0;
  private misses = 0;

  constructor(
    private readonly store: Pick<EventStore, 'readFrame'>,
    private readonly maxBytes: number,
    private readonly concurrentReads: number,
  ) {}

  get figures(): CacheFigures {
    const { bytes, hits, misses } = this;
    return { bytes, hits, misses };
  }

  /** Stored events never change, so a range that is committed always gives the same message. */
  get(sessionId: string, request: FrameRequest): Promise<EncodedFrame> {
    const { from, to, encoding, filters } = request;
    const key = `${sessionId} ${encoding} ${from} ${to} ${filters === undefined ? '' : JSON.stringify(filters)}`;
    const kept = this.kept.get(key);
    if (kept !== undefined) {
      this.hits++;
      // Used last: goes last.
      this.kept.delete(key);
      this.kept.set(key, kept);
      return Promise.resolve(kept);
    }
    const before = this.underWay.get(key);
    if (before !== undefined) {
      this.hits++;
      return before;
    }
    this.misses++;
    const made = this.read(sessionId, request)
      .then((frame) => {
        this.keep(key, frame);
        return frame;
      })
      .finally(() => this.underWay.delete(key));
    this.underWay.set(key, made);
    return made;
  }

  /** A deleted session's messages are nobody's any more. */
  forget(sessionId: string): void {
    for (const [key, frame] of this.kept) {
      if (!key.startsWith(`${sessionId} `)) continue;
      this.kept.delete(key);
      this.bytes -= frame.bytes.length;
    }
  }

  private async read(sessionId: string, request: FrameRequest): Promise<EncodedFrame> {
    if (this.reads >= this.concurrentReads) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.reads++;
    try {
      return await this.store.readFrame(sessionId, request);
    } finally {
      // The turn goes to who waits for longest; nobody can take it in between.
      const next = this.waiting.shift();
      if (next === undefined) this.reads--;
      else next();
    }
  }

  private keep(key: string, frame: EncodedFrame): void {
    if (frame.bytes.length > this.maxBytes) return;
    this.kept.set(key, frame);
    this.bytes += frame.bytes.length;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= this.maxBytes) return;
      this.kept.delete(oldest);
      this.bytes -= bytes.length;
    }
  }
}
