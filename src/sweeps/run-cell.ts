// One cell of a sweep: a whole run of which only its figures and digests are kept. Synchronous.
import type { Manifest, RunProgress } from '../core/run/contract.js';
import type { Simulation } from '../core/run/simulation.js';
import { metricValues } from '../core/sweeps/metrics.js';
import type { CellResult } from '../core/sweeps/table.js';
import { buildSimulation } from '../sessions/build-simulation.js';

const STEPS = 50_000;

/** @param goOn is asked now and then, with the events so far  @returns null when it was told to stop */
export function runCell(
  manifest: Manifest,
  goOn: (events: number) => boolean,
  build: (...asked: Parameters<typeof buildSimulation>) => Simulation = buildSimulation,
): CellResult | null {
  const simulation = build(manifest, { snapshots: false });
  try {
    while (simulation.outcome === null) {
      // Its rows are dropped: what is kept of the run is counted and digested already.
      simulation.advance(STEPS);
      if (simulation.outcome === null && !goOn(simulation.eventsNow)) return null;
    }
  } catch (error) {
    // A fault of the engine is a fact about this cell, and comes again when the cell is run again.
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', reason, fullDigest: '', values: null, sessionId: null };
  }
  return cellResult(simulation.progress(), null);
}

export function cellResult(progress: RunProgress, sessionId: string | null): CellResult {
  const { outcome, detail, fullDigest } = progress;
  return {
    outcome: outcome ?? 'failed',
    reason: detail?.limit ?? detail?.message ?? null,
    fullDigest,
    values: metricValues(progress),
    sessionId,
  };
}
