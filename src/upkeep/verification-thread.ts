// Starts a check of a store in a thread of its own and hears of it. The thread ends by itself, soon after it was told to
// stop: one that is terminated inside SQLite's bindings takes the process with it.
import { Worker } from 'node:worker_threads';
import { compiledEntry } from '../sessions/compiled-entry.js';
import { errorFromWire, storeFailed } from '../store/store.errors.js';
import type { VerificationProgress, VerificationResult } from './verification.types.js';
import type { FromVerification, VerificationOrder } from './verification.worker.js';

export interface RunningVerification {
  /** Null: it was stopped. Resolves when the thread has ended. */
  readonly done: Promise<VerificationResult | null>;
  stop(): void;
}

export function startVerification(
  order: Omit<VerificationOrder, 'stop'>,
  onProgress: (progress: VerificationProgress) => void,
): RunningVerification {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const workerData: VerificationOrder = { ...order, stop };
  const thread = new Worker(compiledEntry(import.meta.url, './verification.worker'), {
    name: 'verification',
    workerData,
    execArgv: [],
  });
  const done = new Promise<VerificationResult | null>((resolve, reject) => {
    let settle = (): void => reject(storeFailed('the verification thread ended without an answer'));
    thread.on('message', (message: FromVerification) => {
      if (message.kind === 'progress') onProgress(message.progress);
      else if (message.kind === 'failed') settle = () => reject(errorFromWire(message.error));
      else settle = () => resolve(message.result);
    });
    thread.on('error', (error) => {
      settle = () => reject(storeFailed(`the verification thread died: ${error.message}`));
    });
    thread.on('exit', () => settle());
  });
  return {
    done,
    stop: () => {
      const flag = new Int32Array(stop);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}
