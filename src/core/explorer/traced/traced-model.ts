// The machine on a recording's workload, and which of its threads is whose.
import type { Protocol } from '../../protocols/protocol.js';
import { tracedScenario } from '../../scenarios/traced/traced.js';
import type { TracedWorkload } from '../../scenarios/traced/workload.js';
import { MachineModel } from '../machine-model/machine-model.js';
import type { Threads } from './matching.js';

export interface TracedModel {
  readonly model: MachineModel;
  readonly threads: Threads;
}

/** Nothing is left out or merged: what is asked is how it goes on from exactly there. */
export const NO_REDUCTIONS = { persistent: false, symmetry: false };

export function tracedModel(workload: TracedWorkload, protocol: Protocol): TracedModel {
  const litmus = tracedScenario(workload).build({});
  const model = new MachineModel({ protocol, litmus, reductions: NO_REDUCTIONS });
  const callers = workload.threads.map((_, t) => 1 + t);
  const first = 1 + callers.length;
  const workers = Array.from({ length: workload.workers }, (_, n) => first + n);
  return { model, threads: { callers, main: 0, workers, rcu: first + workload.workers } };
}
