// How a simulation in a worker thread appends without the main thread: a MessagePort to the writer, and credit, so
// that a simulation that is faster than the disk waits instead of filling memory.
import type { MessagePort } from 'node:worker_threads';
import type { RunChunk } from '../../core/run/contract.js';
import type { Committed } from '../event-store.port.js';
import { errorFromWire, errorToWire, storeClosed, type WireError } from '../store.errors.js';
import type { WriterFigures } from '../writer-figures.js';
import { buffersOf, type PreparedChunk, prepareChunk } from './prepared-chunk.js';

type ChannelAnswer = { readonly committed: Committed } | { readonly error: WireError };

/** Chunks on their way at once: enough that the writer never waits for the simulation, few enough to stay small. */
export const DEFAULT_CREDIT = 4;

export class ChunkChannel {
  private unacknowledged = 0;
  private lastCommitted: number | null = null;
  private failure: Error | null = null;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly port: MessagePort,
    private readonly credit: number = DEFAULT_CREDIT,
  ) {
    port.on('message', (answer: ChannelAnswer) => this.answered(answer));
    port.on('close', () => this.fail(storeClosed('the channel to the writer was closed')));
  }

  /** Position up to which everything is known to be committed; null before the first commit. */
  get committedPosition(): number | null {
    return this.lastCommitted;
  }

  /**
   * Resolves when the chunk is on its way; while the credit is used up it waits. Rejects with the error of an earlier
   * chunk: after the first refusal the channel is of no more use.
   */
  async append(chunk: RunChunk): Promise<void> {
    while (this.failure === null && this.unacknowledged >= this.credit) await this.nextAnswer();
    if (this.failure !== null) throw this.failure;
    const prepared = prepareChunk(chunk, 'compress');
    this.unacknowledged++;
    this.port.postMessage(prepared, buffersOf(prepared));
  }

  /** Resolves when every chunk handed in is committed. */
  async drained(): Promise<void> {
    while (this.failure === null && this.unacknowledged > 0) await this.nextAnswer();
    if (this.failure !== null) throw this.failure;
  }

  close(): void {
    this.fail(storeClosed('the channel was closed'));
    this.port.close();
  }

  private answered(answer: ChannelAnswer): void {
    this.unacknowledged--;
    if ('error' in answer) this.fail(errorFromWire(answer.error));
    else this.lastCommitted = answer.committed.toPosition;
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

/**
 * The writer's end: appends what arrives, in order, and answers each chunk. One chunk a turn of the event loop: a port
 * that is refilled as fast as it is emptied would otherwise keep every other port of this thread waiting.
 */
export function serveChannel(
  port: MessagePort,
  append: (chunk: PreparedChunk) => Committed,
  figures?: WriterFigures,
): void {
  const waiting: { readonly chunk: PreparedChunk; readonly cameMs: number }[] = [];
  const appendOne = (): void => {
    let answer: ChannelAnswer;
    const { chunk, cameMs } = waiting.shift()!;
    const beganMs = performance.now();
    try {
      answer = { committed: append(chunk) };
      const nowMs = performance.now();
      figures?.committed(nowMs - beganMs, nowMs - cameMs);
    } catch (error) {
      answer = { error: errorToWire(error) };
    }
    figures?.add('waiting', -1);
    port.postMessage(answer);
    if (waiting.length > 0) setImmediate(appendOne);
  };
  port.on('message', (chunk: PreparedChunk) => {
    waiting.push({ chunk, cameMs: performance.now() });
    figures?.add('waiting', 1);
    if (waiting.length === 1) setImmediate(appendOne);
  });
}
