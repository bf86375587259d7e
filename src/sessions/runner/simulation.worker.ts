// Entry of a simulation thread: builds the simulation, advances it in slices, hands chunks to the store's writer.
// Between two slices it looks at its messages; when the writer has not acknowledged enough chunks it waits. The clock
// here only sets the length of a slice: nothing that is recorded depends on it.
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { BadInput } from '../../core/base/errors.js';
import { ChunkChannel } from '../../store/channel/chunk-channel.js';
import { StoreError } from '../../store/store.errors.js';
import { buildSimulation } from '../build-simulation.js';
import { CatchUp, Diverged } from './catch-up.js';
import type { Order, RunOrder, Verdict } from './messages.js';

const SLICE_MS = 25;
const MIN_STEPS = 1_000;
const MAX_STEPS = 4_000_000;

const parent = parentPort!;
let stopping = false;

parent.on('message', (order: Order) => {
  if (order.kind === 'stop') {
    stopping = true;
    return;
  }
  stopping = false;
  void run(order)
    .catch(verdictOf)
    .then((verdict) => {
      order.port.close();
      parent.postMessage(verdict);
    });
});

async function run(order: RunOrder): Promise<Verdict> {
  const simulation = buildSimulation(order.manifest);
  // A snapshot of another layout is of no use: the session is executed again from its beginning.
  if (order.snapshot !== null) simulation.restore(order.snapshot);
  const catchUp = new CatchUp(order.committed, simulation.steps);
  const channel = new ChunkChannel(order.port);
  let steps = 20_000;
  while (!stopping) {
    const beganMs = performance.now();
    const chunks = simulation.advance(steps);
    const tookMs = performance.now() - beganMs;
    steps = Math.round(Math.min(MAX_STEPS, Math.max(MIN_STEPS, (steps * SLICE_MS) / Math.max(tookMs, 1))));
    for (const chunk of chunks) {
      if (!catchUp.isNew(chunk)) continue;
      await channel.append(chunk);
      if (chunk.progress.outcome !== null) {
        await channel.drained();
        return { kind: 'ended' };
      }
      // What is left of this slice is produced again when the session goes on.
      if (stopping) break;
    }
    await setImmediate();
  }
  await channel.drained();
  return { kind: 'stopped' };
}

/** Errors after which the session may go on one day: they are not its own. */
const LATER = new Set(['disk_full', 'store_closed', 'store_failed', 'position_conflict']);

function verdictOf(error: unknown): Verdict {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof BadInput || error instanceof Diverged)
    return { kind: 'refused', message, diskFull: false };
  if (error instanceof StoreError) {
    if (!LATER.has(error.code)) return { kind: 'failed', message };
    return { kind: 'refused', message, diskFull: error.code === 'disk_full' };
  }
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  return { kind: 'failed', message: stack.split('\n').slice(0, 4).join('\n') };
}
