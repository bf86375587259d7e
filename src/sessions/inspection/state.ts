// The state of a session where it stands: the last machine snapshot and the rows after it, folded; without a snapshot
// that this build can read, all rows from the first.
import { Layout } from '../../core/aggregates/layout.js';
import { World } from '../../core/aggregates/world.js';
import { BadInput } from '../../core/base/errors.js';
import { type Foldable, foldRows } from '../../core/run/replay-by-fold.js';
import { findScenario } from '../../core/scenarios/library.js';
import { resolveParameters } from '../../core/scenarios/scenario.js';
import { buildSimulation } from '../build-simulation.js';
import type { Stored } from './messages.js';
import { rootViews, type StateView, vcpuViews, vmViews } from './state-view.js';

export interface StartOfFold {
  readonly world: World;
  /** First row to fold. */
  readonly from: number;
}

export function startOfFold({ manifest, snapshot }: Stored): StartOfFold {
  const scenario = findScenario(manifest.scenario);
  const { topology } = scenario.build(resolveParameters(scenario, manifest.parameters));
  if (snapshot !== null) {
    try {
      const simulation = buildSimulation(manifest);
      if (simulation.restore(snapshot)) return { world: simulation.machine.w, from: snapshot.position + 1 };
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
    }
  }
  return { world: new World(new Layout(topology)), from: 1 };
}

export async function stateOf(
  stored: Stored,
  world: World,
  nextPage: () => Promise<Foldable | null>,
): Promise<StateView> {
  const { manifest, position, progress } = stored;
  for (let rows = await nextPage(); rows !== null; rows = await nextPage()) {
    foldRows(world, rows, 0, rows.length, manifest.recording);
  }
  const context = { world, full: manifest.recording === 'full' };
  return {
    position,
    ordinal: progress?.ordinal ?? 0,
    timeNs: progress?.timeNs ?? 0,
    recording: manifest.recording,
    vms: vmViews(context),
    vcpus: vcpuViews(context),
    roots: rootViews(context),
  };
}
