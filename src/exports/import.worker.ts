// Entry of an import thread: reads one session file and tells its parts, each when it is asked for one, then it ends.
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../core/base/assert.js';
import { failureOf } from './failures.js';
import type { FromImport, ImportOrder } from './import-messages.js';
import { readSessionFile } from './session-file/read.js';

const port = ensure(parentPort, 'the port to the main thread');
const { file, limits } = workerData as ImportOrder;

const READ_BYTES = 1024 * 1024;
const parts = readSessionFile(createReadStream(file, { highWaterMark: READ_BYTES }), limits);

async function next(): Promise<FromImport> {
  try {
    const { value, done } = await parts.next();
    return done === true ? { kind: 'whole' } : value;
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
