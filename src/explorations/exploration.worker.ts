// Entry of a thread that explores for the server: its searches never hold up an answer. It stops when it is told anything.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { dropCheckpointFile, readCheckpointFile, writeCheckpointFile } from './checkpoint-file.js';
import type { ExplorationThreadData, ExplorationTold } from './exploration-order.js';
import { explore } from './explore.js';
import { present } from './present.js';

/** What is answered meanwhile goes first; the threads of this one inherit it. */
const NICENESS = 10;
if (platform() === 'linux') setPriority(NICENESS);

const { asked, checkpoint, transplant } = workerData as ExplorationThreadData;
const port = parentPort!;
let stopped = false;
port.once('message', () => {
  stopped = true;
});
const tell = (told: ExplorationTold): void => port.postMessage(told);

const found = readCheckpointFile(checkpoint);
// What a depth-first search on hashes leaves, and nothing else, can be gone on with.
const resumable = asked.search === 'exhaustive' && asked.bounds.depth === null && !asked.exact;
let rested = false;
const result = await explore(asked, {
  cancelled: () => stopped,
  ...(found === null || !resumable ? {} : { resume: found }),
  rest: (words) => {
    if (!stopped || !resumable) return;
    writeCheckpointFile(checkpoint, words);
    rested = true;
  },
  progress: (now) => tell({ kind: 'progress', now }),
});
if (!rested) dropCheckpointFile(checkpoint);
const report = stopped
  ? null
  : await present(asked, result, {
      cancelled: () => stopped,
      transplant: transplant ?? undefined,
    });
tell({ kind: 'ended', result: { ...result, report }, stopped });
port.close();
