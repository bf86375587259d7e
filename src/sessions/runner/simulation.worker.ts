// Entry of a simulation thread: one session at a time; between two slices it looks at its messages.
import { platform, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { buildSimulation } from '../build-simulation.js';
import type { Order, SimulationThreadData } from './messages.js';
import { simulate } from './simulate.js';

/** Simulations take every core that they get: what is answered meanwhile goes first. */
const NICENESS = 10;

const parent = parentPort!;
// On Linux a nice value belongs to the calling thread; elsewhere it would slow the whole process down.
if ((workerData as SimulationThreadData).yielding && platform() === 'linux') setPriority(NICENESS);
let stopping = false;

parent.on('message', (order: Order) => {
  if (order.kind === 'stop') {
    stopping = true;
    return;
  }
  stopping = false;
  void simulate(order, order.port, buildSimulation, () => stopping).then((verdict) => {
    order.port.close();
    parent.postMessage(verdict);
  });
});
