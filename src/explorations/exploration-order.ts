// What an exploration's thread is told and tells. Plain data.
import type { Exploration, ExplorationProgress, ExplorationResult } from './exploration.js';

export interface ExplorationThreadData {
  readonly asked: Exploration;
  /** Where a search that was stopped is found, and left. */
  readonly checkpoint: string;
  /** Protocol under which a found schedule is tried as well. */
  readonly transplant: string | null;
  /** It takes the checkpoint of another exploration: one of another search is refused. */
  readonly continues: boolean;
  /** How often it writes a checkpoint on its way. */
  readonly checkpointMs: number;
}

export type ExplorationTold =
  | { readonly kind: 'progress'; readonly now: ExplorationProgress }
  | { readonly kind: 'ended'; readonly result: ExplorationResult; readonly stopped: boolean };
