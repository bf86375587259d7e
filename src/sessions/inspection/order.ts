// What an inspection order is: one question about stored sessions, answered on an inspection thread. To add one: a file in
// orders/ that calls `order(...)`, and a line in orders/index.ts. The thread reads the store by its own read-only
// connection; what it built stays warm in its caches.
import type { EventReader } from '../../store/event-store.port.js';
import type { InspectionCaches } from './caches.js';
import type { PageColumns, PageSource, PageWanted } from './page-source.js';

export interface OrderContext {
  /** Synchronous reads, on this thread's own connection. */
  readonly reader: EventReader;
  readonly caches: InspectionCaches;
  /** Throws when nobody waits for the answer any more: call it between two pages. */
  checkCancelled(): void;
  /** Rows read ahead on another thread: for orders that go over a whole session. */
  pages<C extends PageColumns>(wanted: PageWanted<C>): PageSource<C>;
  /** Gives the asker a part of the answer (`InspectionService.stream`); resolves when it may give another. */
  send(part: unknown, buffers?: readonly ArrayBuffer[]): Promise<void>;
}

export interface Order<Request, Reply> {
  /** Goes over many rows: such orders leave a thread free for the others. */
  readonly long: boolean;
  /**
   * The reply is large: it leaves its thread as JSON text. To clone a great many small objects costs the main thread
   * several times what it costs to parse them, and an answer over HTTP need not even be parsed.
   */
  readonly json: boolean;
  /** Request and reply cross threads: plain data. */
  readonly run: (request: Request, context: OrderContext) => Reply | Promise<Reply>;
}

export function order<Request, Reply>(
  form: { readonly long: boolean; readonly json?: boolean },
  run: Order<Request, Reply>['run'],
): Order<Request, Reply> {
  return { long: form.long, json: form.json ?? false, run };
}
