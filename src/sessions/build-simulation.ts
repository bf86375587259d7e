// From a stored manifest to a simulation: the one way, so that a run, its resumption and its replay are built alike.

import { findProtocol } from '../core/protocols/registry.js';
import type { Manifest } from '../core/run/contract.js';
import { Simulation, type SimulationOptions } from '../core/run/simulation.js';
import { findScenario } from '../core/scenarios/library.js';
import { resolveParameters } from '../core/scenarios/scenario.js';

/** Throws BadInput when this build has no such protocol or scenario, or other procedures (`engine_differs`). */
export function buildSimulation(
  manifest: Manifest,
  differs: Pick<SimulationOptions, 'scheduler' | 'snapshots' | 'marks'> = {},
): Simulation {
  const scenario = findScenario(manifest.scenario);
  return new Simulation({
    manifest,
    protocol: findProtocol(manifest.protocol),
    scenario: scenario.build(resolveParameters(scenario, manifest.parameters)),
    ...differs,
  });
}
