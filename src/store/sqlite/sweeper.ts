// Removes what deleted sessions left behind, a step at a time; the writer's messages are handled between the steps.
// What fails (a full disk) is tried again later: the tombstones say what is left, also after the next start.
import type { Database } from 'better-sqlite3';
import type { Deletion } from './deletion.js';

const RETRY_MS = 5_000;

interface Waiter {
  readonly resolve: (value: null) => void;
  readonly reject: (error: unknown) => void;
}

export class Sweeper {
  private running = false;
  private retry: NodeJS.Timeout | null = null;
  private waiters: Waiter[] = [];

  constructor(
    private readonly db: Database,
    private readonly deletion: Deletion,
  ) {}

  start(): void {
    this.stop();
    if (this.running) return;
    this.running = true;
    setImmediate(() => this.step());
  }

  /** Resolves when nothing is left to remove; rejects with what is in the way. */
  done(): Promise<null> | null {
    if (this.retry !== null) this.start();
    return this.running ? new Promise((resolve, reject) => this.waiters.push({ resolve, reject })) : null;
  }

  /** No more attempts by itself. */
  stop(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
  }

  private step(): void {
    if (!this.db.open) return;
    try {
      if (this.deletion.step()) setImmediate(() => this.step());
      else this.end((waiter) => waiter.resolve(null));
    } catch (error) {
      this.retry = setTimeout(() => this.start(), RETRY_MS).unref();
      this.end((waiter) => waiter.reject(error));
    }
  }

  private end(settle: (waiter: Waiter) => void): void {
    this.running = false;
    const { waiters } = this;
    this.waiters = [];
    waiters.forEach(settle);
  }
}
