// One connection of a live feed: asks for one session from one position, checks that what comes joins up, and keeps a
// bounded number of batches for a reader who is slower. When those are full it unsubscribes; what comes later is still
// in the server's store, and is asked for when the reader has caught up.
import { CompactBatch, type Names } from './compact.js';
import { Connection, Dropped } from './connection.js';
import { LiveError } from './errors.js';
import type { SocketConstructor } from './socket.js';
import type { EventFilter, LiveNotice, RootlineEvent, ServerFrame } from './types.js';

export interface ObjectsBatch {
  readonly encoding: 'objects';
  readonly session: string;
  /** First and last position that the batch covers; with a filter it may hold fewer events than that, or none. */
  readonly from: number;
  readonly to: number;
  readonly length: number;
  readonly events: readonly RootlineEvent[];
}

export type Batch = ObjectsBatch | CompactBatch;

export interface LinkOptions {
  readonly url: string;
  readonly token: string | null;
  readonly session: string;
  readonly filter: EventFilter;
  readonly encoding: 'objects' | 'compact';
  readonly maxQueuedBatches: number;
  readonly names: Names;
  readonly onNotice: (notice: LiveNotice) => void;
}

const SEALED = new Set(['finished', 'failed', 'cancelled']);
export class Link {
  private readonly connection: Connection;
  private readonly queue: Batch[] = [];
  private wake: () => void = () => undefined;
  private sealed = false;
  private subscription: 'none' | 'asked' | 'on' | 'leaving' = 'none';

  /** @param next the first position wanted; afterwards the one that must come next */
  constructor(
    WebSocket: SocketConstructor,
    private readonly options: LinkOptions,
    private next: number | 'end',
  ) {
    this.connection = new Connection(WebSocket, options, {
      opened: () => this.subscribe(),
      frame: (frame) => this.handle(frame),
      binary: (message) => this.add(new CompactBatch(message, options.names)),
      wake: () => this.wake(),
    });
  }

  get opened(): boolean {
    return this.connection.opened;
  }

  /** The next batch; null when the session has ended and everything was given. Throws Dropped or a LiveError. */
  async take(): Promise<Batch | null> {
    for (;;) {
      const batch = this.queue.shift();
      if (batch !== undefined) return batch;
      if (this.connection.failure !== null) throw this.connection.failure;
      if (this.sealed) return null;
      if (this.subscription === 'none' && this.opened) this.subscribe();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.connection.close();
  }

  private subscribe(): void {
    const { session, encoding, filter } = this.options;
    this.subscription = 'asked';
    this.connection.say({ kind: 'subscribe', session, from: this.next, encoding, filter });
  }

  private handle(frame: ServerFrame): void {
    const { options } = this;
    switch (frame.kind) {
      case 'subscribed':
        this.subscription = 'on';
        this.next = frame.from;
        options.onNotice(frame);
        break;
      case 'events': {
        const { session, from, to, events } = frame;
        this.add({ encoding: 'objects', session, from, to, length: events.length, events });
        break;
      }
      case 'catalogue':
      case 'names':
        options.names.add(frame);
        break;
      case 'unsubscribed':
        this.subscription = 'none';
        break;
      case 'state':
        this.sealed = SEALED.has(frame.state);
        options.onNotice(frame);
        break;
      case 'caught-up':
        options.onNotice(frame);
        break;
      case 'removed':
        throw new LiveError('session-removed', `session ${frame.session} was deleted`);
      case 'error':
        // Between our leaving and the answer the session may have ended: then there is nothing to leave.
        if (frame.code === 'not-subscribed') this.subscription = 'none';
        else throw new LiveError(frame.code, frame.detail, frame.expected);
        break;
      default:
    }
  }

  private add(batch: Batch): void {
    if (this.next !== batch.from) {
      // Rather once more from what we know than with a hole.
      throw new Dropped(`position ${this.next} was expected, ${batch.from} came`);
    }
    this.next = batch.to + 1;
    this.queue.push(batch);
    if (this.queue.length >= this.options.maxQueuedBatches && this.subscription === 'on') {
      this.subscription = 'leaving';
      this.connection.say({ kind: 'unsubscribe', session: this.options.session });
    }
  }
}
