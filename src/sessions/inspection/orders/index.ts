// Every inspection order by name. One line for each file of this folder.
import { BadInput } from '../../../core/base/errors.js';
import type { Order } from '../order.js';
import { blameOrder, criticalPathOrder, waitOrder } from './blame.order.js';
import { changesOrder } from './changes.order.js';
import { checkOrder } from './check.order.js';
import { compareOrder } from './compare.order.js';
import { forkOrder } from './fork.order.js';
import { ledgerOrder } from './ledger.order.js';
import { linesOrder } from './lines.order.js';
import { replayOrder } from './replay.order.js';
import { sceneOrder } from './scene.order.js';
import { seekOrder } from './seek.order.js';
import { entriesOrder, stateOrder } from './state.order.js';
import { timelineOrder } from './timeline.order.js';

const ORDERS = {
  blame: blameOrder,
  changes: changesOrder,
  check: checkOrder,
  compare: compareOrder,
  criticalPath: criticalPathOrder,
  entries: entriesOrder,
  fork: forkOrder,
  ledger: ledgerOrder,
  lines: linesOrder,
  replay: replayOrder,
  scene: sceneOrder,
  seek: seekOrder,
  state: stateOrder,
  timeline: timelineOrder,
  wait: waitOrder,
} as const;

type Orders = typeof ORDERS;
export type OrderName = keyof Orders;
export type OrderRequest<N extends OrderName> = Parameters<Orders[N]['run']>[0];
export type OrderReply<N extends OrderName> = Awaited<ReturnType<Orders[N]['run']>>;

export function findOrder(name: string): Order<unknown, unknown> {
  if (!Object.hasOwn(ORDERS, name)) {
    throw new BadInput('unknown-order', `there is no inspection order "${name}"`, Object.keys(ORDERS));
  }
  return ORDERS[name as OrderName] as Order<unknown, unknown>;
}
