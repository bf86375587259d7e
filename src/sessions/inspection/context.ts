// What an order has around it while it runs. On an inspection thread parts and pages go through messages; where orders run
// on the calling thread (a store in memory) they do not.
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { EventReader } from '../../store/event-store.port.js';
import type { InspectionCaches } from './caches.js';
import { cancelledError } from './failure.js';
import type { OrderContext } from './order.js';
import { DirectPages, FedPages, type PageColumns, type PageSource, type PageWanted } from './page-source.js';
import type { FromThread } from './thread-messages.js';

/** Parts that are under way to an asker who has not taken them. */
const PARTS_AHEAD = 4;

export class ThreadContext implements OrderContext {
  private ahead = 0;
  private onTaken: (() => void) | null = null;
  private readonly open: PageSource<PageColumns>[] = [];

  constructor(
    readonly reader: EventReader,
    readonly caches: InspectionCaches,
    private readonly id: number,
    private readonly parent: MessagePort,
    private readonly cancelledFlag: Int32Array,
  ) {}

  checkCancelled(): void {
    if (Atomics.load(this.cancelledFlag, 0) >= this.id) throw cancelledError();
  }

  pages<C extends PageColumns>(wanted: PageWanted<C>): PageSource<C> {
    const { port1, port2 } = new MessageChannel();
    this.parent.postMessage({ kind: 'pagesWanted', wanted, port: port2 } satisfies FromThread, [port2]);
    const source = new FedPages<C>(port1);
    this.open.push(source);
    return source;
  }

  async send(part: unknown, buffers: readonly ArrayBuffer[] = []): Promise<void> {
    this.checkCancelled();
    this.parent.postMessage({ kind: 'part', id: this.id, part } satisfies FromThread, buffers);
    this.ahead++;
    while (this.ahead >= PARTS_AHEAD) {
      await new Promise<void>((resolve) => {
        this.onTaken = resolve;
      });
      this.checkCancelled();
    }
  }

  /** The asker took a part, or went away. */
  taken(): void {
    this.ahead--;
    this.onTaken?.();
    this.onTaken = null;
  }

  /** Ends what the order left open. */
  end(): void {
    for (const source of this.open) source.close();
  }
}

export class HereContext implements OrderContext {
  constructor(
    readonly reader: EventReader,
    readonly caches: InspectionCaches,
    private readonly signal: AbortSignal | undefined,
    private readonly onPart: (part: unknown) => Promise<void>,
  ) {}

  checkCancelled(): void {
    if (this.signal?.aborted === true) throw cancelledError();
  }

  pages<C extends PageColumns>(wanted: PageWanted<C>): PageSource<C> {
    return new DirectPages(this.reader, wanted);
  }

  async send(part: unknown): Promise<void> {
    this.checkCancelled();
    await this.onPart(part);
  }
}
