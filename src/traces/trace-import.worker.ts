// Entry of a thread that imports a trace: tells its parts, each when it is asked for one, then it ends.
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../core/base/assert.js';
import { failureOf } from '../exports/failures.js';
import { readTrace } from './read-trace.js';
import type { FromTrace, TraceOrder } from './trace-messages.js';

const port = ensure(parentPort, 'the port to the main thread');
const parts = readTrace(workerData as TraceOrder);

async function next(): Promise<FromTrace> {
  try {
    const { value, done } = await parts.next();
    return done === true
      ? { kind: 'failed', failure: failureOf(new Error('nothing is left to read')) }
      : value;
  } catch (error) {
    return { kind: 'failed', failure: failureOf(error) };
  }
}

port.on('message', () => {
  void next().then((message) => {
    port.postMessage(message);
    if (message.kind === 'whole' || message.kind === 'failed') port.close();
  });
});
