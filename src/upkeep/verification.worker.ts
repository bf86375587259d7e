// Entry of the thread that checks a store. It never looks at messages while it works: the flag to stop is shared memory.
import { parentPort, workerData } from 'node:worker_threads';
import { errorToWire, type WireError } from '../store/store.errors.js';
import { verifyStore } from './verification.js';
import type { VerificationProgress, VerificationResult } from './verification.types.js';

export interface VerificationOrder {
  readonly dataDir: string;
  readonly deep: boolean;
  readonly live: boolean;
  /** One number: not 0 to stop. */
  readonly stop: SharedArrayBuffer;
}

export type FromVerification =
  | { readonly kind: 'progress'; readonly progress: VerificationProgress }
  /** Null: cancelled. */
  | { readonly kind: 'result'; readonly result: VerificationResult | null }
  | { readonly kind: 'failed'; readonly error: WireError };

const TELL_EVERY_MS = 200;

const { dataDir, deep, live, stop } = workerData as VerificationOrder;
const flag = new Int32Array(stop);
const tell = (message: FromVerification): void => parentPort!.postMessage(message);

let toldAt = 0;
let phase = '';
try {
  const result = verifyStore(dataDir, {
    deep,
    live,
    isCancelled: () => Atomics.load(flag, 0) !== 0,
    onProgress: (progress) => {
      const now = performance.now();
      if (progress.phase === phase && now - toldAt < TELL_EVERY_MS) return;
      toldAt = now;
      phase = progress.phase;
      tell({ kind: 'progress', progress });
    },
    // Ends early when it is told to stop.
    pause: (ms) => void Atomics.wait(flag, 0, 0, ms),
  });
  tell({ kind: 'result', result });
} catch (error) {
  tell({ kind: 'failed', error: errorToWire(error) });
}
