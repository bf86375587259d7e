// What a replay says. The command line prints it, the API sends it: plain data.
import type { Difference } from '../../core/run/replay-by-schedule.js';

export const REPLAY_KINDS = ['fold', 'schedule'] as const;
export type ReplayKind = (typeof REPLAY_KINDS)[number];

export interface FoldVerdict {
  readonly verified: boolean;
  /** `not_compared`: no machine snapshot fits this build, so there is nothing to hold the folded world against. */
  readonly outcome: 'verified' | 'differs' | 'not_compared';
  /** Rows folded. */
  readonly rows: number;
  /** Words of state compared, and at which position. */
  readonly compared: {
    readonly words: number;
    readonly position: number;
    readonly with: 'snapshot' | 'schedule';
  } | null;
}

export interface ScheduleVerdict {
  readonly verified: boolean;
  /** `engine_differs`: this build has other procedures than the one that recorded: no mismatch, and no proof either. */
  readonly outcome: 'verified' | 'differs' | 'engine_differs';
  /** Rows compared. */
  readonly rows: number;
  /** Session digest of the execution. */
  readonly digest: string | null;
  readonly detail: string | null;
}

export type FirstDifference =
  | ({ readonly by: 'schedule' } & Difference)
  | {
      readonly by: 'fold';
      readonly position: number;
      readonly what: string;
      readonly stored: string;
      readonly replayed: string;
    };

export interface ReplayResult {
  readonly verified: boolean;
  readonly by: { readonly fold: FoldVerdict | null; readonly schedule: ScheduleVerdict | null };
  readonly firstDifference: FirstDifference | null;
}
