// Entry of a thread that searches near a recording for the server. It stops when it is told anything.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../core/base/assert.js';
import { linesOfChunks } from '../traces/trace-lines.js';
import { exploreTrace } from './explore-trace.js';
import type { TraceThreadData, TraceTold } from './trace-exploration.service.js';

/** What is answered meanwhile goes first. */
const NICENESS = 10;
if (platform() === 'linux') setPriority(NICENESS);

const { asked, chunks } = workerData as TraceThreadData;
const port = ensure(parentPort, 'the port to the main thread');
let stopped = false;
port.once('message', () => {
  stopped = true;
});
const tell = (told: TraceTold): void => port.postMessage(told);

const lines = linesOfChunks(chunks, asked.window.to);
const { result, session } = await exploreTrace(asked, lines, {
  cancelled: () => stopped,
  progress: (transitions, seconds) => tell({ kind: 'progress', transitions, seconds }),
});
tell({ kind: 'ended', result, session });
port.close();
