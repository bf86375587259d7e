// The main thread's end of one simulation thread: one session at a time; a thread that dies gives a verdict too.
import { Worker } from 'node:worker_threads';
import { compiledEntry } from '../compiled-entry.js';
import type { Order, RunOrder, SimulationThreadData, Verdict } from './messages.js';

export class SimulationThread {
  private readonly worker: Worker;
  private settle: ((verdict: Verdict) => void) | null = null;
  private dead: string | null = null;
  private ended = false;

  /** @param yielding the thread gives way to those that answer requests */
  constructor(yielding: boolean) {
    this.worker = new Worker(compiledEntry(import.meta.url, './simulation.worker'), {
      name: 'simulation',
      workerData: { yielding } satisfies SimulationThreadData,
    });
    // An idle thread does not keep the process alive.
    this.worker.unref();
    this.worker.on('message', (verdict: Verdict) => this.finish(verdict));
    this.worker.on('error', (error) => this.die(`the simulation thread died: ${error.message}`));
    this.worker.on('messageerror', (error) =>
      this.die(`the simulation thread spoke nonsense: ${error.message}`),
    );
    this.worker.on('exit', (code) => this.die(`the simulation thread ended with code ${code}`));
  }

  get alive(): boolean {
    return this.dead === null;
  }

  run(order: RunOrder): Promise<Verdict> {
    return new Promise((resolve) => {
      if (this.dead !== null) {
        resolve({ kind: 'failed', message: this.dead });
        return;
      }
      this.settle = resolve;
      this.worker.ref();
      this.worker.postMessage(order satisfies Order, [order.port]);
    });
  }

  /** Takes effect at the next chunk boundary. */
  requestStop(): void {
    if (this.dead === null) this.worker.postMessage({ kind: 'stop' } satisfies Order);
  }

  async terminate(): Promise<void> {
    if (this.ended) return;
    this.die('the simulation thread was ended');
    this.ended = true;
    await this.worker.terminate();
  }

  private finish(verdict: Verdict): void {
    this.worker.unref();
    this.settle?.(verdict);
    this.settle = null;
  }

  private die(why: string): void {
    if (this.dead !== null) return;
    this.dead = why;
    this.finish({ kind: 'failed', message: why });
  }
}
