// What an exploration's thread is told and tells. Plain data.
import type { Exploration, ExplorationResult } from './exploration.js';

export interface ExplorationThreadData {
  readonly asked: Exploration;
  /** Where a search that was stopped is found, and left. */
  readonly checkpoint: string;
  /** Protocol under which a found schedule is tried as well. */
  readonly transplant: string | null;
}

export interface ExplorationProgress {
  readonly states: number;
  readonly transitions: number;
  readonly seconds: number;
}

export type ExplorationTold =
  | { readonly kind: 'progress'; readonly now: ExplorationProgress }
  | { readonly kind: 'ended'; readonly result: ExplorationResult; readonly stopped: boolean };
