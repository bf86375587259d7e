// From a stored manifest to a simulation: the one way, so that a run, its resumption and its replay are built alike.

import { BadInput } from '../core/base/errors.js';
import type { Protocol } from '../core/protocols/protocol.js';
import { findProtocol } from '../core/protocols/registry.js';
import type { Manifest } from '../core/run/contract.js';
import { Simulation, type SimulationOptions } from '../core/run/simulation.js';
import { refuseTrace } from '../core/run/trace-session.js';
import { scenarioOf } from '../core/scenarios/library.js';
import { resolveParameters } from '../core/scenarios/scenario.js';

/** Throws BadInput when this build has no such protocol or scenario, or other procedures (`engine_differs`). @param user the protocol of manifest.userProtocol, taken in */
export function buildSimulation(
  manifest: Manifest,
  differs: Pick<SimulationOptions, 'scheduler' | 'snapshots' | 'marks'> = {},
  user: Protocol | null = null,
): Simulation {
  if ((manifest.userProtocol === undefined) !== (user === null))
    throw new BadInput('user-protocol', `protocol ${manifest.protocol} runs in a thread of its own`);
  refuseTrace(manifest, 'run again');
  const scenario = scenarioOf(manifest);
  return new Simulation({
    manifest,
    protocol: user ?? findProtocol(manifest.protocol),
    scenario: scenario.build(resolveParameters(scenario, manifest.parameters)),
    ...differs,
  });
}
