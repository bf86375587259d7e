// Imports under way: a few at once, each read by a thread of its own that is asked for one message after the other; an upload waits
// in a file first. What imports of session files and of traces share.
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MAX_IMPORTS } from '../config/limits.js';
import { limitExceeded, storeFailed } from '../store/store.errors.js';
import { receive, type UploadLimits } from './upload.js';

export class ImportThreads {
  private open = 0;
  private readonly threads = new Set<Worker>();

  /**
   * @param entry of a thread
   * @param name of the threads
   */
  constructor(
    private readonly entry: () => URL,
    private readonly name: string,
  ) {}

  async oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    if (this.open >= MAX_IMPORTS)
      throw limitExceeded('MAX_IMPORTS', MAX_IMPORTS, this.open + 1, 'imports at once');
    this.open++;
    try {
      return await work();
    } finally {
      this.open--;
    }
  }

  /** Of what arrives as a stream: taken in as quickly as it comes, then read. */
  async received<T>(
    source: AsyncIterable<Uint8Array>,
    dir: string,
    limits: UploadLimits,
    read: (file: string) => Promise<T>,
  ): Promise<T> {
    return await this.oneOfFew(async () => {
      const file = await receive(source, dir, limits);
      try {
        return await read(file);
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  /** @param take asks the thread for its next message, as often as it likes */
  async run<M, T>(workerData: object, take: (next: () => Promise<M>) => Promise<T>): Promise<T> {
    const thread = new Worker(this.entry(), { workerData, name: this.name });
    this.threads.add(thread);
    try {
      return await take(() => this.answerOf<M>(thread));
    } finally {
      this.threads.delete(thread);
      await thread.terminate();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }

  private answerOf<M>(thread: Worker): Promise<M> {
    return new Promise((resolve, reject) => {
      const ended = (): void =>
        settle(() => reject(storeFailed(`the thread "${this.name}" ended before the import did`)));
      const died = (error: Error): void => settle(() => reject(error));
      const answered = (message: M): void => settle(() => resolve(message));
      const settle = (then: () => void): void => {
        thread.off('message', answered).off('error', died).off('exit', ended);
        then();
      };
      thread.on('message', answered).on('error', died).on('exit', ended);
      thread.postMessage('next');
    });
  }
}
