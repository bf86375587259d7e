// A few inspection threads, kept warm. Orders wait in line, a bounded number of them; long ones leave a thread free, so that
// a state is not kept waiting by replays.
import type { MessagePort } from 'node:worker_threads';
import { MAX_INSPECTION_THREADS, MAX_INSPECTIONS } from '../../config/limits.js';
import type { ReaderSource } from '../../store/event-store.port.js';
import { limitExceeded, storeClosed } from '../../store/store.errors.js';
import { InspectionCaches } from './caches.js';
import { HereContext } from './context.js';
import { cancelledError } from './failure.js';
import { InspectionThread } from './inspection-thread.js';
import type { OrderName } from './orders/index.js';
import type { PageWanted } from './page-source.js';

interface Job {
  readonly long: boolean;
  readonly start: (thread: InspectionThread) => Promise<void>;
  readonly giveUp: (error: Error) => void;
}

export interface Asked {
  readonly name: OrderName;
  readonly request: unknown;
  readonly signal: AbortSignal | undefined;
  /** Resolves when the asker took the part. */
  readonly onPart: (part: unknown) => Promise<void>;
}

const LONG_AT_ONCE = MAX_INSPECTION_THREADS - 1;

export class InspectionPool {
  private readonly waiting: Job[] = [];
  private readonly idle: InspectionThread[] = [];
  private readonly busy = new Set<InspectionThread>();
  private longUnderWay = 0;
  private feeder: InspectionThread | null = null;
  private readonly here = new InspectionCaches();
  private stopped = false;

  constructor(private readonly source: ReaderSource) {}

  async run(asked: Asked): Promise<unknown> {
    // Loaded at the first order: a command that asks nothing does not load what answers.
    const { findOrder } = await import('./orders/index.js');
    if (this.stopped) throw storeClosed('the inspections were stopped');
    const { source } = this;
    const { long, run } = findOrder(asked.name);
    if (source.kind === 'here') {
      return await run(asked.request, new HereContext(source.reader, this.here, asked.signal, asked.onPart));
    }
    const before = this.busy.size + this.waiting.length;
    if (before >= MAX_INSPECTIONS) {
      throw limitExceeded('MAX_INSPECTIONS', MAX_INSPECTIONS, before + 1, 'inspections at once');
    }
    return await new Promise((resolve, reject) => {
      const { name, request, onPart, signal } = asked;
      const job: Job = {
        long,
        start: (thread) => thread.run(name, request, onPart, signal).then(resolve, reject),
        giveUp: reject,
      };
      signal?.addEventListener('abort', () => this.leave(job), { once: true });
      this.waiting.push(job);
      this.pump();
    });
  }

  /** Orders under way are cancelled; every thread lets go of the store and ends by itself. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const { giveUp } of this.waiting.splice(0)) giveUp(cancelledError());
    const threads = [...this.busy, ...this.idle.splice(0)];
    await Promise.all(threads.map((thread) => thread.close()));
    // After those that it feeds.
    await this.feeder?.close();
  }

  private leave(job: Job): void {
    const at = this.waiting.indexOf(job);
    if (at < 0) return;
    this.waiting.splice(at, 1);
    job.giveUp(cancelledError());
  }

  private pump(): void {
    while (!this.stopped && this.busy.size < MAX_INSPECTION_THREADS) {
      const next = this.waiting.findIndex((job) => !job.long || this.longUnderWay < LONG_AT_ONCE);
      if (next < 0) return;
      const [job] = this.waiting.splice(next, 1);
      this.start(job, this.takeThread());
    }
  }

  private start(job: Job, thread: InspectionThread): void {
    this.busy.add(thread);
    if (job.long) this.longUnderWay++;
    void job.start(thread).then(() => {
      this.busy.delete(thread);
      if (job.long) this.longUnderWay--;
      if (thread.alive && !this.stopped) this.idle.push(thread);
      this.pump();
    });
  }

  private takeThread(): InspectionThread {
    // The one used last has the warmest caches.
    for (let thread = this.idle.pop(); thread !== undefined; thread = this.idle.pop()) {
      if (thread.alive) return thread;
    }
    return this.newThread();
  }

  private newThread(): InspectionThread {
    const { source } = this;
    if (source.kind === 'here') throw storeClosed('a store in memory has no threads');
    return new InspectionThread(source, (wanted, port) => this.feed(wanted, port));
  }

  private feed(wanted: PageWanted, port: MessagePort): void {
    if (this.stopped) {
      port.close();
      return;
    }
    if (this.feeder === null || !this.feeder.alive) this.feeder = this.newThread();
    this.feeder.serve(wanted, port);
  }
}
