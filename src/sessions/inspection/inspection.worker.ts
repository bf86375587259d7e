// Entry of an inspection thread: answers one order (a replay, or the state of a session) and ends.
import { parentPort } from 'node:worker_threads';
import type { FromThread, InspectionOrder, ToThread } from './messages.js';
import { PageSource } from './page-source.js';
import { replay } from './replay.js';
import { startOfFold, stateOf } from './state.js';

const parent = parentPort!;

parent.once('message', (order: ToThread) => {
  if (order.kind === 'page') return;
  answer(order)
    .catch((error: unknown): FromThread => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: 'failed', message };
    })
    .then((answered) => {
      parent.postMessage(answered);
      parent.close();
    })
    .catch(() => undefined);
});

async function answer(order: InspectionOrder): Promise<FromThread> {
  if (order.kind === 'replay') {
    const pages = new PageSource(parent, 1, order.position);
    const result = await replay(order, order.decisions, order.by, () => pages.next());
    return { kind: 'replayed', result };
  }
  const { world, from } = startOfFold(order);
  const pages = new PageSource(parent, from, order.position);
  return { kind: 'state', state: await stateOf(order, world, () => pages.next()) };
}
