// Questions about stored sessions, answered on warm inspection threads so that the main thread stays free (see
// inspection/order.ts for how to add one). A plain class: the server and the command line use it alike.

import type { StateView } from '../core/projections/state.js';
import type { EventStore } from '../store/event-store.port.js';
import { InspectionPool } from './inspection/inspection-pool.js';
import type { OrderName, OrderReply, OrderRequest } from './inspection/orders/index.js';
import { PartQueue } from './inspection/part-queue.js';
import { REPLAY_KINDS, type ReplayKind, type ReplayResult } from './inspection/replay-result.js';
import { JsonReply } from './inspection/thread-messages.js';
import type { When } from './inspection/when.js';

export interface AskOptions {
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /** Told what the order sends before its answer: progress. */
  readonly onPart?: (part: unknown) => void;
}

export class InspectionService {
  private readonly pool: InspectionPool;

  constructor(store: EventStore) {
    this.pool = new InspectionPool(store.readerSource);
  }

  /** The answer to one order; `limit_exceeded` (MAX_INSPECTIONS) when too many wait. */
  async ask<N extends OrderName>(
    name: N,
    request: OrderRequest<N>,
    options: AskOptions = {},
  ): Promise<OrderReply<N>> {
    const onPart = (part: unknown): Promise<void> => Promise.resolve(options.onPart?.(part));
    const reply = await this.pool.run({ name, request, onPart, signal: options.signal });
    if (!(reply instanceof JsonReply)) return reply as OrderReply<N>;
    return JSON.parse(new TextDecoder().decode(reply.text)) as OrderReply<N>;
  }

  /** The same answer as JSON text, for whoever only passes it on. */
  async askJson<N extends OrderName>(name: N, request: OrderRequest<N>): Promise<Uint8Array> {
    const onPart = (): Promise<void> => Promise.resolve();
    const reply = await this.pool.run({ name, request, onPart, signal: undefined });
    return reply instanceof JsonReply ? reply.text : new TextEncoder().encode(JSON.stringify(reply));
  }

  /** The parts that an order sends, one after the other; it waits for who takes them, and ends when nobody does. */
  stream<Part>(name: OrderName, request: OrderRequest<OrderName>): AsyncIterable<Part> {
    const parts = new PartQueue<Part>();
    const { signal } = parts;
    this.pool.run({ name, request, onPart: (part) => parts.put(part as Part), signal }).then(
      () => parts.end(null),
      (error: unknown) => parts.end(error),
    );
    return parts;
  }

  /** Both replays of what is committed now. */
  replay(sessionId: string, by: readonly ReplayKind[] = REPLAY_KINDS): Promise<ReplayResult> {
    return this.ask('replay', { sessionId, by });
  }

  /** The whole state at a position or a time, or at the committed end. */
  state(sessionId: string, when: When = {}): Promise<StateView> {
    return this.ask('state', { sessionId, when });
  }

  async stop(): Promise<void> {
    await this.pool.stop();
  }
}
