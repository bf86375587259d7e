// A resumed session starts from a snapshot that lies before its committed end, and executes the way between again.
// Those chunks are stored already: they are dropped, and at the committed end the digests must agree.
import type { RunChunk, RunProgress } from '../../core/run/contract.js';

export class Diverged extends Error {
  override readonly name = 'Diverged';
}

export class CatchUp {
  private committed: RunProgress | null;

  /** @param steps where the simulation stands now: a snapshot may lie exactly at the committed end */
  constructor(committed: RunProgress | null, steps: number) {
    this.committed = committed !== null && steps < committed.steps ? committed : null;
    if (committed !== null && steps > committed.steps) {
      throw new Diverged(`the snapshot is at step ${steps}, the session ends at step ${committed.steps}`);
    }
  }

  /** Nothing that is produced from here on is stored yet. */
  get done(): boolean {
    return this.committed === null;
  }

  /** True when the chunk is to be stored. */
  isNew(chunk: RunChunk): boolean {
    const { committed } = this;
    if (committed === null) return true;
    const again = chunk.progress;
    if (again.outcome === null && again.steps < committed.steps) return false;
    const words = (p: RunProgress): string =>
      `step ${p.steps}, ordinal ${p.ordinal}, position ${p.position}, digest ${p.digest}, full digest ${p.fullDigest}`;
    if (again.outcome !== null || words(again) !== words(committed)) {
      throw new Diverged(`executed again, the session is at ${words(again)}; stored is ${words(committed)}`);
    }
    this.committed = null;
    return false;
  }
}
