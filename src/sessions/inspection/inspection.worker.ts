// Entry of an inspection thread: answers one order (a replay, or the state of a session) and ends.
import { parentPort } from 'node:worker_threads';
import type { FromThread, InspectionOrder, ToThread } from './messages.js';
import { PageSource } from './page-source.js';
import { replayByFold, replayBySchedule } from './replay.js';
import type { ReplayResult } from './replay-result.js';
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
    return { kind: 'replayed', result: await replayed(order) };
  }
  const { world, from } = startOfFold(order);
  const pages = new PageSource(parent, 'fold', from, order.position, order.pageRows);
  return { kind: 'state', state: await stateOf(order, world, () => pages.next()) };
}

async function replayed(order: Extract<InspectionOrder, { kind: 'replay' }>): Promise<ReplayResult> {
  const { by, decisions, position, pageRows } = order;
  if (!by.includes('schedule')) {
    const pages = new PageSource(parent, 'fold', 1, position, pageRows);
    return await replayByFold(order, () => pages.next());
  }
  const pages = new PageSource(parent, 'numbers', 1, position, pageRows);
  return await replayBySchedule(order, decisions, by.includes('fold'), () => pages.next());
}
