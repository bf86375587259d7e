// Entry of an inspection thread: one read-only connection, warm caches, one order at a time; or the feeding thread, which
// serves pages to the others.
import { parentPort, workerData } from 'node:worker_threads';
import { openEventReader } from '../../store/sqlite/sqlite-event-reader.js';
import { InspectionCaches } from './caches.js';
import { ThreadContext } from './context.js';
import { failureToWire } from './failure.js';
import { findOrder } from './orders/index.js';
import { feedPages } from './page-source.js';
import type { FromThread, ThreadData, ToThread } from './thread-messages.js';

const parent = parentPort!;
const { dataDir, limits, snapshots, cancelled } = workerData as ThreadData;
const reader = openEventReader(dataDir, limits, snapshots);
const caches = new InspectionCaches();
const cancelledFlag = new Int32Array(cancelled);
let context: ThreadContext | null = null;

parent.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'order':
      void obey(message.id, message.name, message.request);
      return;
    case 'taken':
      context?.taken();
      return;
    case 'feed':
      feedPages(reader, message.wanted, message.port);
      return;
    case 'close':
      reader.close();
      // Ends this thread, not the process.
      setImmediate(() => process.exit(0));
  }
});

async function obey(id: number, name: string, request: unknown): Promise<void> {
  const own = new ThreadContext(reader, caches, id, parent, cancelledFlag);
  context = own;
  let answer: FromThread;
  try {
    own.checkCancelled();
    const order = findOrder(name);
    const reply = await order.run(request, own);
    answer = order.json ? { kind: 'json', id, text: jsonOf(reply) } : { kind: 'answer', id, reply };
  } catch (error) {
    answer = { kind: 'failed', id, failure: failureToWire(error) };
  }
  own.end();
  context = null;
  parent.postMessage(answer, answer.kind === 'json' ? [answer.text.buffer] : []);
}

function jsonOf(reply: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(reply));
}
