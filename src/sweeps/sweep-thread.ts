// The main thread's end of one thread that runs cells.
import { Worker } from 'node:worker_threads';
import { BadInput } from '../core/base/errors.js';
import type { Manifest } from '../core/run/contract.js';
import type { CellResult } from '../core/sweeps/table.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import { storeFailed } from '../store/store.errors.js';
import type { CellOrder, FromSweepThread, SweepThreadData } from './sweep-messages.js';

export class SweepThread {
  private readonly worker: Worker;
  private settle: { resolve(result: CellResult | null): void; reject(error: Error): void } | null = null;
  private dead: Error | null = null;
  /** Events of the cell under way. */
  events = 0;

  constructor(data: SweepThreadData) {
    this.worker = new Worker(compiledEntry(import.meta.url, './sweep.worker'), {
      name: 'sweep',
      workerData: data,
      execArgv: [],
    });
    this.worker.on('message', (message: FromSweepThread) => this.hear(message));
    this.worker.on('error', (error) => this.die(`a thread of the sweep died: ${error.message}`));
    this.worker.on('exit', (code) => this.die(`a thread of the sweep ended with code ${code}`));
  }

  /** Null: it was told to stop. */
  run(cell: number, manifest: Manifest): Promise<CellResult | null> {
    return new Promise((resolve, reject) => {
      if (this.dead !== null) return reject(this.dead);
      this.settle = { resolve, reject };
      this.events = 0;
      this.worker.postMessage({ cell, manifest } satisfies CellOrder);
    });
  }

  /** It has no connection to the store: it may be ended at any time. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private hear(message: FromSweepThread): void {
    if (message.kind === 'events') {
      this.events = message.events;
      return;
    }
    const settle = this.settle;
    this.settle = null;
    this.events = 0;
    if (message.kind === 'refused') settle?.reject(new BadInput(message.code, message.message));
    else settle?.resolve(message.kind === 'ended' ? message.result : null);
  }

  private die(why: string): void {
    this.dead ??= storeFailed(why);
    this.settle?.reject(this.dead);
    this.settle = null;
  }
}
