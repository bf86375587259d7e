// One connection of a live feed: asks for one session from one position, checks that what comes joins up, and keeps a
// bounded number of batches for a reader who is slower. When those are full it unsubscribes; what comes later is still
// in the server's store, and is asked for when the reader has caught up.
import { CompactBatch, type Names } from './compact.js';
import { LiveError } from './errors.js';
import type { SocketConstructor, SocketLike } from './socket.js';
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

/** The connection was lost: the feed goes on with another one. */
export class Dropped extends Error {
  override readonly name = 'Dropped';
}

const SEALED = new Set(['finished', 'failed', 'cancelled']);
/** Heartbeats that may stay out before the connection counts as lost. */
const MISSED_HEARTBEATS = 2.5;
/** Until the server has said how often its heart beats. */
const FIRST_FRAME_MS = 10_000;
/** The server wants something else than we have: coming again does not help. */
const FINAL_CODES: { readonly [code: number]: string } = { 1008: 'protocol', 4401: 'token', 4429: 'rate' };

export class Link {
  private readonly socket: SocketLike;
  private readonly queue: Batch[] = [];
  private wake: () => void = () => undefined;
  private failure: Error | null = null;
  private sealed = false;
  private subscription: 'none' | 'asked' | 'on' | 'leaving' = 'none';
  private heartbeatMs = FIRST_FRAME_MS / MISSED_HEARTBEATS;
  private watchdog: ReturnType<typeof setTimeout> | null = null;
  /** The server has answered on this connection. */
  opened = false;

  /** @param next the first position wanted; afterwards the one that must come next */
  constructor(
    WebSocket: SocketConstructor,
    private readonly options: LinkOptions,
    private next: number | 'end',
  ) {
    this.socket = new WebSocket(options.url);
    this.socket.binaryType = 'arraybuffer';
    this.socket.onmessage = ({ data }) => this.receive(data);
    this.socket.onclose = ({ code, reason }) => this.closed(code, reason);
    this.socket.onerror = () => this.fail(new Dropped('the connection failed'));
    this.listen();
  }

  /** The next batch; null when the session has ended and everything was given. Throws Dropped or a LiveError. */
  async take(): Promise<Batch | null> {
    for (;;) {
      const batch = this.queue.shift();
      if (batch !== undefined) return batch;
      if (this.failure !== null) throw this.failure;
      if (this.sealed) return null;
      if (this.subscription === 'none' && this.opened) this.subscribe();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.onerror = () => undefined;
    this.failure ??= new Dropped('closed by us');
    this.wake();
    this.socket.close();
  }

  private subscribe(): void {
    const { session, encoding, filter } = this.options;
    this.subscription = 'asked';
    this.say({ kind: 'subscribe', session, from: this.next, encoding, filter });
  }

  private say(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  private receive(data: unknown): void {
    this.listen();
    try {
      if (typeof data === 'string') this.handle(JSON.parse(data) as ServerFrame);
      else this.add(new CompactBatch(data as ArrayBuffer, this.options.names));
    } catch (error) {
      this.fail(error instanceof Error ? error : new LiveError('protocol', String(error)));
    }
    this.wake();
  }

  private handle(frame: ServerFrame): void {
    const { options } = this;
    switch (frame.kind) {
      case 'hello':
        this.heartbeatMs = frame.heartbeatMs;
        this.opened = true;
        if (frame.token === 'needed') {
          if (options.token === null) throw new LiveError('token', 'the server asks for a token');
          this.say({ kind: 'token', token: options.token });
        }
        this.subscribe();
        break;
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
      this.say({ kind: 'unsubscribe', session: this.options.session });
    }
  }

  private closed(code: number, reason: string): void {
    const final = FINAL_CODES[code];
    this.fail(final === undefined ? new Dropped(reason) : new LiveError(final, reason));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  /** A connection that says nothing for long is lost, whatever the platform thinks of it. */
  private listen(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.watchdog = setTimeout(
      () => this.fail(new Dropped('nothing was heard')),
      this.heartbeatMs * MISSED_HEARTBEATS,
    );
  }
}
