// Longer work that somebody asked for (an experiment, a validation, an exploration): what was asked, how far it is,
// what came out. People's data: kept whatever happens to the sessions it made, up to a bound on their number.

export const JOB_STATES = ['queued', 'running', 'interrupted', 'finished', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface JobRecord {
  /** Decimal number. */
  readonly id: string;
  readonly kind: string;
  readonly state: JobState;
  readonly request: Json;
  readonly progress: Json;
  readonly result: Json;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export type JobChange = Partial<Pick<JobRecord, 'state' | 'progress' | 'result' | 'error'>>;

export interface JobStore {
  create(kind: string, request: Json): Promise<JobRecord>;
  /** Null when there is no such job. */
  get(id: string): Promise<JobRecord | null>;
  /** Newest first. */
  list(query: {
    readonly kind?: string;
    readonly states?: readonly JobState[];
    readonly limit: number;
    /** Only jobs with smaller ids: the last id of the page before. */
    readonly before?: string;
  }): Promise<JobRecord[]>;
  update(id: string, change: JobChange): Promise<JobRecord | null>;
  /** Removes the oldest jobs that have come to their end, until `keep` are left. */
  prune(keep: number): Promise<void>;
}
