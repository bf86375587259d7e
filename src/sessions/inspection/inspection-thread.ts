// The main thread's end of one inspection thread: one order at a time; a thread that dies fails its order.
import { type MessagePort, Worker } from 'node:worker_threads';
import { storeFailed } from '../../store/store.errors.js';
import { compiledEntry } from '../compiled-entry.js';
import { failureFromWire } from './failure.js';
import type { PageWanted } from './page-source.js';
import { type FromThread, JsonReply, type ThreadData, type ToThread } from './thread-messages.js';

/** An order under way. */
interface Pending {
  readonly id: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onPart: (part: unknown) => Promise<void>;
}

export class InspectionThread {
  private readonly worker: Worker;
  private readonly cancelled = new Int32Array(new SharedArrayBuffer(4));
  private readonly gone: Promise<void>;
  private pending: Pending | null = null;
  private orders = 0;
  private dead: Error | null = null;

  constructor(
    { dataDir, limits, snapshots }: Omit<ThreadData, 'cancelled'>,
    private readonly feed: (wanted: PageWanted, port: MessagePort) => void,
  ) {
    const workerData: ThreadData = {
      dataDir,
      limits,
      snapshots,
      cancelled: this.cancelled.buffer as SharedArrayBuffer,
    };
    this.worker = new Worker(compiledEntry(import.meta.url, './inspection.worker'), {
      name: 'inspection',
      workerData,
      execArgv: [],
    });
    // An idle thread does not keep the process alive.
    this.worker.unref();
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('error', (error) => this.die(storeFailed(`the inspection thread died: ${error.message}`)));
    this.worker.on('exit', () => this.die(storeFailed('the inspection thread ended')));
    this.gone = new Promise((resolve) => this.worker.once('exit', () => resolve()));
  }

  get alive(): boolean {
    return this.dead === null;
  }

  run(name: string, request: unknown, onPart: Pending['onPart'], signal?: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.dead !== null) {
        reject(this.dead);
        return;
      }
      const id = ++this.orders;
      const cancel = (): void => this.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      const settle = (): void => {
        this.worker.unref();
        signal?.removeEventListener('abort', cancel);
      };
      this.pending = {
        id,
        onPart,
        resolve: (reply) => {
          settle();
          resolve(reply);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      this.worker.ref();
      if (signal?.aborted === true) this.cancel();
      this.post({ kind: 'order', id, name, request });
    });
  }

  /** The order under way ends at its next look, or when it waits for its parts to be taken. */
  cancel(): void {
    if (this.pending === null) return;
    Atomics.store(this.cancelled, 0, this.pending.id);
    this.post({ kind: 'taken', id: this.pending.id });
  }

  /** This thread reads pages for another one's order. */
  serve(wanted: PageWanted, port: MessagePort): void {
    if (this.dead === null)
      this.worker.postMessage({ kind: 'feed', wanted, port } satisfies ToThread, [port]);
    else port.close();
  }

  async close(): Promise<void> {
    if (this.dead === null) {
      this.cancel();
      this.post({ kind: 'close' });
    }
    await this.gone;
  }

  private post(message: ToThread): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromThread): void {
    if (message.kind === 'pagesWanted') {
      this.feed(message.wanted, message.port);
      return;
    }
    const { pending } = this;
    if (pending === null || pending.id !== message.id) return;
    if (message.kind === 'part') {
      // An asker that cannot take a part has gone away.
      pending.onPart(message.part).then(
        () => this.post({ kind: 'taken', id: pending.id }),
        () => this.cancel(),
      );
      return;
    }
    this.pending = null;
    if (message.kind === 'answer') pending.resolve(message.reply);
    else if (message.kind === 'json') pending.resolve(new JsonReply(message.text));
    else pending.reject(failureFromWire(message.failure));
  }

  private die(why: Error): void {
    this.dead ??= why;
    this.pending?.reject(this.dead);
    this.pending = null;
  }
}
