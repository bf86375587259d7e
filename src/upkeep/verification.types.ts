// What a check of a whole store says: plain data, crosses threads, and is what REST and `rootline verify --json` give.
import type { JobState } from '../store/jobs.port.js';

/** Faults that are told one by one; the rest is counted. */
export const MAX_VERIFICATION_FAULTS = 200;

export interface StoreFault {
  /** Stable word for what is broken: see README, "Is the store whole". */
  readonly rule: string;
  /** Where: a file or a session. */
  readonly file: 'events.sqlite' | 'rootline.sqlite';
  readonly session: string | null;
  readonly position: number | null;
  readonly message: string;
}

export interface VerificationProgress {
  readonly phase: 'files' | 'relations' | 'sessions' | 'list';
  readonly sessions: number;
  readonly sessionsTotal: number;
  readonly rows: number;
  readonly rowsTotal: number;
}

export interface VerificationResult {
  /** No fault was found. */
  readonly verified: boolean;
  readonly deep: boolean;
  readonly sessions: number;
  readonly rows: number;
  readonly snapshots: {
    /** Unpacked and held against digests, and against the fold where this build can read them. */
    readonly checked: number;
    /** Of these, compared with the fold word by word. */
    readonly folded: number;
    /** Of another engine or layout: this build can only unpack them. */
    readonly otherEngine: number;
  };
  readonly faultCount: number;
  readonly faults: readonly StoreFault[];
}

/** A check that was asked of a server: a job. */
export interface VerificationView {
  readonly id: string;
  readonly state: JobState;
  readonly deep: boolean;
  readonly progress: VerificationProgress | null;
  /** Null until it has come to its end. */
  readonly result: VerificationResult | null;
  /** Why it failed. */
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}
