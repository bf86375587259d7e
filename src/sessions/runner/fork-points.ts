// The machine at the fork point of forks that have not begun yet. Whoever looked for the fork point has executed the way
// to it: the fork's first thread starts there instead of going that way again. A cache: without it the fork starts
// from a stored snapshot before its fork point.
import type { SnapshotBytes } from '../../core/run/contract.js';
import type { SessionRecord } from '../../store/session.js';

/** Forks that may wait for their first thread with their fork point in memory; some ten kilobytes each. */
const MAX_FORK_POINTS = 64;

export class ForkPoints {
  private readonly kept = new Map<string, SnapshotBytes>();

  keep(sessionId: string, snapshot: SnapshotBytes): void {
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MAX_FORK_POINTS && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(sessionId, snapshot);
  }

  /** Once; null: none is kept, or the fork has events of its own. */
  take({ id, progress }: Pick<SessionRecord, 'id' | 'progress'>): SnapshotBytes | null {
    const snapshot = this.kept.get(id) ?? null;
    this.kept.delete(id);
    return progress === null ? snapshot : null;
  }
}
