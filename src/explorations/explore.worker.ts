// A thread of a shared search. It begins without work and is sent some.
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { ModelSpec, Violation } from '../core/explorer/model.js';
import { DepthFirst } from '../core/explorer/search/depth-first.js';
import { type Bound, type SearchBounds, type SearchFigures } from '../core/explorer/search/found.js';
import { HashTable } from '../core/explorer/search/visited.js';
import type { SurveyCounts } from '../core/explorer/survey/survey-counts.js';
import { Hand, stop } from './crew-hand.js';
import { CONTROL, type CrewMemory, PAUSE, STOP, startedAt } from './crew-memory.js';
import { findLitmus } from './find-litmus.js';

export interface ExploreWorkerData {
  readonly index: number;
  readonly workers: number;
  readonly spec: ModelSpec;
  readonly bounds: SearchBounds;
  readonly memory: CrewMemory;
  readonly table: Int32Array;
  /** New tables come here before the epoch changes; the verdict goes out. */
  readonly port: MessagePort;
}

export interface ExploreWorkerVerdict {
  readonly figures: SearchFigures;
  readonly violation: Violation | null;
  readonly met: readonly Bound[];
  /** What is left to be searched. */
  readonly rest: Int32Array;
  /** What was seen of the steps. */
  readonly counts: SurveyCounts | null;
  readonly stackBytes: number;
}

/** `rest`: for a checkpoint, while it is parked; it goes on. */
export type ExploreWorkerTold =
  | { readonly kind: 'rest'; readonly rest: Int32Array; readonly counts: SurveyCounts | null }
  | ({ readonly kind: 'verdict' } & ExploreWorkerVerdict);

const data = workerData as ExploreWorkerData;
const { memory, port } = data;
const { control } = memory;
Atomics.store(control, startedAt(data.index, control), 1);

const litmus = await findLitmus(data.spec);
const tableOf = (words: Int32Array): HashTable => new HashTable(data.bounds.bytes, words, true);
const first = tableOf(data.table);
const { persistent } = data.spec.reductions;
const model = litmus.build(data.spec);
if (model.sight !== undefined) model.sight.on = true;
const counts = (): SurveyCounts | null => model.sight?.counts() ?? null;
const tell = (told: ExploreWorkerTold): void => port.postMessage(told);
const search = new DepthFirst(model, first, { persistent, bounds: data.bounds });
const hand = new Hand(data.index, data.workers, search, memory, first.capacity);

/** Waits until all go on: with a new table, or behind a checkpoint. */
function park(): void {
  const epoch = Atomics.load(control, CONTROL.epoch);
  if (Atomics.load(control, CONTROL.stop) !== STOP.no) return;
  if (Atomics.load(control, CONTROL.pause) === PAUSE.checkpoint)
    tell({ kind: 'rest', rest: search.checkpoint(), counts: counts() });
  Atomics.add(control, CONTROL.parked, 1);
  Atomics.notify(control, CONTROL.parked);
  Atomics.wait(control, CONTROL.epoch, epoch);
  const message = receiveMessageOnPort(port) as { message: Int32Array } | undefined;
  if (message === undefined) return;
  const table = tableOf(message.message);
  search.visited = table;
  hand.capacity = table.capacity;
}

for (;;) {
  const turn = hand.turn();
  if (turn === 'pause') park();
  if (turn === 'violated' || turn === 'bound') stop(memory, STOP.early);
  if (turn === 'stopped' || turn === 'violated' || turn === 'bound') break;
}
hand.publish();
tell({
  kind: 'verdict',
  figures: search.figures,
  violation: search.violation,
  met: [...search.met],
  rest: search.checkpoint(),
  counts: counts(),
  stackBytes: search.bytes - search.visitedBytes,
});
port.close();
