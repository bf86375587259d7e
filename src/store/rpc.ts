// Calls between the main thread and the store's worker threads: numbered requests, typed by a table of calls.
import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { errorFromWire, errorToWire, storeClosed, storeFailed, type WireError } from './store.errors.js';

/** Name of a call -> what it takes and gives. */
export type CallTable = {
  [name: string]: { request: unknown; reply: unknown };
  /** Lets go of everything; the thread ends after the answer. */
  close: { request: null; reply: null };
};

interface Request {
  readonly call: number;
  readonly name: string;
  readonly body: unknown;
}
type Reply = { readonly call: number } & ({ readonly body: unknown } | { readonly error: WireError });
/** Not an answer to anything: the worker tells. */
interface Told {
  readonly told: unknown;
}

/** A reply whose buffers change hands instead of being copied. */
export class Handover<T> {
  constructor(
    readonly body: T,
    readonly buffers: readonly ArrayBuffer[],
  ) {}
}

export type Handlers<C extends CallTable> = {
  readonly [N in keyof C]: (
    request: C[N]['request'],
  ) => C[N]['reply'] | Handover<C[N]['reply']> | Promise<C[N]['reply']>;
};

/** The worker's end. Handlers run one after the other unless they wait for something themselves. */
export function serveCalls<C extends CallTable>(port: MessagePort, handlers: Handlers<C>): void {
  port.on('message', (request: Request) => {
    void answer(request, handlers).then(([reply, buffers]) => {
      port.postMessage(reply, buffers);
      // Ends this thread, not the process.
      if (request.name === 'close') setImmediate(() => process.exit(0));
    });
  });
}

async function answer<C extends CallTable>(
  request: Request,
  handlers: Handlers<C>,
): Promise<[Reply, readonly Transferable[]]> {
  const { call, name } = request;
  try {
    const given = await handlers[name]!(request.body);
    if (given instanceof Handover) return [{ call, body: given.body }, given.buffers];
    return [{ call, body: given }, []];
  } catch (error) {
    return [{ call, error: errorToWire(error) }, []];
  }
}

export function tell(port: MessagePort, told: unknown): void {
  port.postMessage({ told } satisfies Told);
}

interface Pending {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's end. When the worker dies, every open call fails with the reason, and so does every later one. */
export class WorkerClient<C extends CallTable> {
  private nextCall = 1;
  private readonly pending = new Map<number, Pending>();
  private ended: Error | null = null;

  constructor(
    private readonly worker: Worker,
    what: string,
    onTold: (told: unknown) => void = () => undefined,
  ) {
    worker.on('message', (message: Reply | Told) => {
      if ('told' in message) onTold(message.told);
      else this.settle(message);
    });
    worker.on('error', (error) => this.end(storeFailed(`the ${what} thread died: ${error.message}`)));
    worker.on('exit', () => this.end(storeClosed(`the ${what} thread ended`)));
  }

  /** Why no call can be made any more, or null. */
  get failure(): Error | null {
    return this.ended;
  }

  call<N extends keyof C & string>(
    name: N,
    body: C[N]['request'],
    transfer: readonly Transferable[] = [],
  ): Promise<C[N]['reply']> {
    if (this.ended !== null) return Promise.reject(this.ended);
    const call = this.nextCall++;
    return new Promise((resolve, reject) => {
      this.pending.set(call, { resolve, reject });
      this.worker.postMessage({ call, name, body } satisfies Request, transfer);
    });
  }

  /**
   * The thread finishes what it was asked, then ends by itself. It is never terminated from outside: that may hit it
   * inside SQLite's bindings, which then take the whole process with them.
   */
  async close(): Promise<void> {
    if (this.ended !== null) return;
    const gone = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()));
    try {
      await this.call('close', null);
    } finally {
      await gone;
    }
  }

  private settle(reply: Reply): void {
    const pending = this.pending.get(reply.call);
    this.pending.delete(reply.call);
    if ('error' in reply) pending?.reject(errorFromWire(reply.error));
    else pending?.resolve(reply.body);
  }

  private end(why: Error): void {
    this.ended ??= why;
    for (const { reject } of this.pending.values()) reject(this.ended);
    this.pending.clear();
  }
}
