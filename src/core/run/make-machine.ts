// From a manifest's parts to a machine that stands before its first step.
import { Layout } from '../aggregates/layout.js';
import { Guest } from '../guest/guest.js';
import type { LinkedProtocol } from '../machine/link.js';
import { Machine } from '../machine/machine.js';
import { TimeModel } from '../machine/time.js';
import type { BuiltScenario } from '../scenarios/scenario.js';
import type { Manifest, Mark } from './contract.js';
import type { Stage } from './fork-stages.js';
import { OutsideInputs } from './outside-inputs.js';

/** Events of one batch: bounds the distance of snapshots at `full` (with the slack of one step) to 8,192. */
const BATCH_CAPACITY = 8_192;

export interface MachineParts {
  readonly manifest: Manifest;
  readonly scenario: BuiltScenario;
  readonly linked: LinkedProtocol;
  readonly first: Stage;
  readonly marks: readonly Mark[];
  /** Outside inputs are met where the marks say, not where decisions do. */
  readonly byStep: boolean;
}

export function makeMachine(parts: MachineParts): {
  readonly machine: Machine;
  readonly outside: OutsideInputs;
} {
  const { manifest, scenario, linked, first } = parts;
  const guest = new Guest(scenario.guests, linked.constants);
  const outside = new OutsideInputs(scenario, guest, parts.marks, parts.byStep);
  const machine = new Machine({
    linked,
    layout: new Layout(scenario.topology),
    threads: scenario.threads,
    time: new TimeModel(first.costs),
    seed: first.seed,
    batchCapacity: BATCH_CAPACITY,
    context: {
      env: {
        scripts: outside.scripts,
        resetAfterExits: scenario.resetAfterExits,
        constants: linked.constants,
      },
      guest,
      watchdogExits: manifest.limits.watchdogExits,
      needbreak: null,
    },
  });
  machine.serialTime = first.scheduler !== 'timed';
  return { machine, outside };
}
