// What is stored of a session, as a replay needs it.
import type { Manifest, Mark, RunProgress, SnapshotBytes } from '../../core/run/contract.js';

export interface Stored {
  readonly manifest: Manifest;
  readonly position: number;
  readonly progress: RunProgress | null;
  /** The last one at or before `position`, if there is one. */
  readonly snapshot: SnapshotBytes | null;
  readonly marks: readonly Mark[];
}
