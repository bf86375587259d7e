// A resumed session starts from a snapshot that lies at or before its committed end, and executes the way between again.
// That is stored already: it is dropped, and at the committed end the digests must agree.
import type { ForkOrigin, RunProgress } from '../../core/run/contract.js';
import type { Simulation } from '../../core/run/simulation.js';

export class Diverged extends Error {
  override readonly name = 'Diverged';
}

/** Where a session stands; of a fork that has nothing of its own yet: its fork point. */
export type CommittedEnd = Pick<
  RunProgress & ForkOrigin,
  'steps' | 'ordinal' | 'position' | 'digest' | 'fullDigest'
>;

/** Brings the simulation to the committed end, `slice` steps at a time; false: `pause` said to stop on the way. */
export async function catchUp(
  simulation: Simulation,
  committed: CommittedEnd | null,
  slice: number,
  pause: () => Promise<boolean>,
): Promise<boolean> {
  if (committed === null) return true;
  if (simulation.steps > committed.steps) {
    throw new Diverged(
      `the snapshot is at step ${simulation.steps}, the session ends at step ${committed.steps}`,
    );
  }
  while (simulation.steps < committed.steps) {
    const { steps } = simulation;
    simulation.advance(Math.min(slice, committed.steps - steps));
    if (simulation.steps === steps) {
      throw new Diverged(
        `executed again, the session cannot go on at step ${steps}; stored are ${committed.steps}`,
      );
    }
    if (await pause()) return false;
  }
  simulation.forgetStored();
  const again = simulation.progress();
  if (words(again) !== words(committed)) {
    throw new Diverged(`executed again, the session is at ${words(again)}; stored is ${words(committed)}`);
  }
  return true;
}

function words(p: CommittedEnd): string {
  return `step ${p.steps}, ordinal ${p.ordinal}, position ${p.position}, digest ${p.digest}, full digest ${p.fullDigest}`;
}
