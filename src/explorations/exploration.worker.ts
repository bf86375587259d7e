// Entry of a thread that explores for the server: its searches never hold up an answer. It stops when it is told anything.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { BadInput } from '../core/base/errors.js';
import { dropCheckpointFile, readCheckpointFile, writeCheckpointFile } from './checkpoint-file.js';
import type { ExplorationResult } from './exploration.js';
import type { ExplorationThreadData, ExplorationTold } from './exploration-order.js';
import { type ExploreHooks, explore } from './explore.js';
import { present } from './present.js';

/** What is answered meanwhile goes first; the threads of this one inherit it. */
const NICENESS = 10;
if (platform() === 'linux') setPriority(NICENESS);

const { asked, checkpoint, transplant, continues, checkpointMs } = workerData as ExplorationThreadData;
const port = parentPort!;
let stopped = false;
port.once('message', () => {
  stopped = true;
});
const tell = (told: ExplorationTold): void => port.postMessage(told);

// What a depth-first search on hashes leaves, and nothing else, can be gone on with.
const resumable = asked.search === 'exhaustive' && asked.bounds.depth === null && !asked.exact;
let rested = false;
const hooks: ExploreHooks = {
  beside: true,
  cancelled: () => stopped,
  checkpointMs,
  progress: (now) => tell({ kind: 'progress', now }),
  ...(resumable
    ? {
        rest: (words, ended) => {
          // One that met a bound has a result, and nothing to go on with.
          if (ended && !stopped) return;
          writeCheckpointFile(checkpoint, words);
          rested = ended;
        },
      }
    : {}),
};

async function search(): Promise<ExplorationResult> {
  if (!resumable) return await explore(asked, hooks);
  try {
    const found = readCheckpointFile(checkpoint);
    return await explore(asked, found === null ? hooks : { ...hooks, resume: found });
  } catch (error) {
    // Of another build, or not whole: nothing is lost but time.
    const stale =
      error instanceof BadInput && ['checkpoint-damaged', 'checkpoint-differs'].includes(error.code);
    if (continues || !stale) throw error;
    return await explore(asked, hooks);
  }
}

const result = await search();
if (!rested) dropCheckpointFile(checkpoint);
const report = stopped
  ? null
  : await present(asked, result, {
      cancelled: () => stopped,
      transplant: transplant ?? undefined,
    });
tell({ kind: 'ended', result: { ...result, report }, stopped });
port.close();
