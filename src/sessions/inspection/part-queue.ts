// The parts of a streamed answer between who makes them and who takes them: each `put` waits until its part was taken, and
// who stops taking cancels the work.
import { cancelledError } from './failure.js';

interface Waiting<Part> {
  readonly part: Part;
  readonly taken: () => void;
}

export class PartQueue<Part> implements AsyncIterable<Part> {
  private readonly waiting: Waiting<Part>[] = [];
  private readonly abort = new AbortController();
  private ended: { readonly error: unknown } | null = null;
  private wake: (() => void) | null = null;

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  put(part: Part): Promise<void> {
    if (this.signal.aborted) return Promise.reject(cancelledError());
    return new Promise((taken) => {
      this.waiting.push({ part, taken });
      this.wake?.();
    });
  }

  /** @param error null: all parts were made */
  end(error: unknown): void {
    this.ended ??= { error };
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part> {
    try {
      for (;;) {
        const next = this.waiting.shift();
        if (next !== undefined) {
          next.taken();
          yield next.part;
          continue;
        }
        if (this.ended !== null) {
          if (this.ended.error !== null) throw this.ended.error;
          return;
        }
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        this.wake = null;
      }
    } finally {
      this.abort.abort();
      for (const { taken } of this.waiting.splice(0)) taken();
    }
  }
}
