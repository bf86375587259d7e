// The scenario library: every scenario that `run` and POST /sessions accept, by id.
import { BadInput } from '../base/errors.js';
import { boot } from './boot.js';
import { busy } from './busy.js';
import { createFails, destroyRace, roles } from './lifetimes.js';
import { MACHINE_LITMUS } from './litmus/index.js';
import { type LitmusText, litmusOf } from './litmus/text/own-litmus.js';
import { live } from './live/live.js';
import { gpuMemslots, memslotStorm } from './memslots-under-load.js';
import { RECORDED_SCENARIOS } from './recorded/index.js';
import type { Scenario } from './scenario.js';
import { mirrorRoots, preFault } from './since-v6.9.js';
import { teardown } from './teardown.js';
import { tracedScenario } from './traced/traced.js';
import type { TracedWorkload } from './traced/workload.js';
import { wslSeabios } from './wsl-seabios.js';
import { xenShimSmep } from './xen-shim-smep.js';

export const SCENARIOS: readonly Scenario[] = [
  boot,
  ...RECORDED_SCENARIOS,
  createFails,
  destroyRace,
  roles,
  busy,
  mirrorRoots,
  preFault,
  live,
  wslSeabios,
  xenShimSmep,
  memslotStorm,
  gpuMemslots,
  teardown,
];

/** Of a manifest or a request: one that carries a workload, or the text of a litmus, is built from that. */
export function scenarioOf(of: {
  readonly scenario: string;
  readonly workload?: TracedWorkload | undefined;
  readonly userLitmus?: LitmusText | undefined;
}): Scenario {
  if (of.userLitmus !== undefined) return litmusOf(of.userLitmus);
  return of.workload === undefined ? findScenario(of.scenario) : tracedScenario(of.workload);
}

export function findScenario(id: string): Scenario {
  // A litmus is a scenario, too: found schedules are stored as its sessions. It is listed apart.
  const found = SCENARIOS.find((s) => s.id === id) ?? MACHINE_LITMUS.find((s) => s.id === id);
  if (found === undefined) {
    const known = SCENARIOS.map((s) => s.id);
    throw new BadInput(
      'unknown-scenario',
      `unknown scenario "${id}"; expected one of: ${known.join(', ')}`,
      known,
    );
  }
  return found;
}
