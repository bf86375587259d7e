// A simulated run as the text that the probe set of its kernel would have printed. A run that its own protocol refuses is a mistake of
// the check or of the model.
import { findProtocol } from '../../src/core/protocols/registry.js';
import { createManifest, type RunRequest } from '../../src/core/run/manifest.js';
import { Simulation } from '../../src/core/run/simulation.js';
import { findScenario } from '../../src/core/scenarios/library.js';
import { probedProtocol } from '../../src/core/traces/check/probed.js';
import type { FrameEvent } from '../../src/core/traces/frames/frame.js';

/** @returns what the probes would have printed, and how the run ended */
export function probedRun(request: RunRequest): {
  readonly lines: readonly FrameEvent[];
  readonly outcome: string | null;
} {
  const manifest = createManifest(request);
  const lines: FrameEvent[] = [];
  const told = probedProtocol(findProtocol(manifest.protocol), (line) => lines.push(line));
  const scenario = findScenario(manifest.scenario).build(manifest.parameters as Record<string, number>);
  const sim = new Simulation({ manifest, protocol: told, scenario });
  while (sim.outcome === null && !sim.waiting) sim.advance(100_000);
  return { lines, outcome: sim.outcome };
}
