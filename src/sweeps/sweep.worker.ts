// Entry of a thread that runs cells of sweeps, one after the other. Nothing of the store is loaded here.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { BadInput } from '../core/base/errors.js';
import { runCell } from './run-cell.js';
import type { CellOrder, FromSweepThread, SweepThreadData } from './sweep-messages.js';

/** As for other simulations: what is answered meanwhile goes first. */
const NICENESS = 10;
const TELL_EVERY_MS = 250;

const { yielding, stop } = workerData as SweepThreadData;
// On Linux a nice value belongs to the calling thread; elsewhere it would slow the whole process down.
if (yielding && platform() === 'linux') setPriority(NICENESS);
const flag = new Int32Array(stop);
const tell = (message: FromSweepThread): void => parentPort!.postMessage(message);

parentPort!.on('message', ({ cell, manifest }: CellOrder) => {
  let toldMs = performance.now();
  try {
    const result = runCell(manifest, (events) => {
      const nowMs = performance.now();
      if (nowMs - toldMs >= TELL_EVERY_MS) {
        toldMs = nowMs;
        tell({ kind: 'events', events });
      }
      return Atomics.load(flag, 0) === 0;
    });
    tell(result === null ? { kind: 'stopped' } : { kind: 'ended', cell, result });
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    tell({ kind: 'refused', code: error.code, message: error.message });
  }
});
