// A thread of relax: is sent litmus to look at under the protocol as it is, or rules to drop, and answers with what it found.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { ensure } from '../../core/base/assert.js';
import { type LitmusRef, relaxLitmus } from '../../core/explorer/relax/relax-litmus.js';
import type { RelaxBase } from '../../core/explorer/relax/relaxation.js';
import { type RelaxedRow, relaxBase, relaxRow } from './relax-row.js';

export interface RelaxThreadData {
  readonly protocol: string;
  readonly politely: boolean;
}

export type RelaxOrder =
  | { readonly litmus: LitmusRef }
  | { readonly rule: string; readonly names: readonly LitmusRef[]; readonly known: readonly RelaxBase[] };

export type RelaxReply =
  | { readonly base: RelaxBase }
  | { readonly relaxed: RelaxedRow }
  | { readonly error: string };

/** What is answered meanwhile goes first. */
const NICENESS = 10;

const port = ensure(parentPort, 'the port of a worker');
const { protocol, politely } = workerData as RelaxThreadData;
if (politely && platform() === 'linux') setPriority(NICENESS);

async function answer(order: RelaxOrder): Promise<RelaxReply> {
  if ('litmus' in order) return { base: await relaxBase(protocol, order.litmus) };
  return { relaxed: await relaxRow(protocol, order.rule, order.names, order.known) };
}

port.on('message', (order: RelaxOrder) => {
  void answer(order).then(
    (reply) => port.postMessage(reply satisfies RelaxReply),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const what = 'litmus' in order ? relaxLitmus(order.litmus).id : order.rule;
      port.postMessage({ error: `${protocol}, ${what}: ${text}` } satisfies RelaxReply);
    },
  );
});
