// What a sweep's job is asked, and what it answers: plain JSON in the job's record.
import type { SweepManifest } from '../core/sweeps/plan.js';
import type { JobState } from '../store/jobs.port.js';
import type { SweepProgress } from './sweep-run.js';

export const RECORDINGS = ['none', 'lifecycle', 'full'] as const;
/** What is stored of its runs besides their figures: nothing, or sessions at this recording level. */
export type SweepRecording = (typeof RECORDINGS)[number];

export interface SweepOrder {
  readonly manifest: SweepManifest;
  readonly record: SweepRecording;
}

export interface SweepResult {
  readonly cells: number;
  readonly groups: number;
  readonly outcomes: { readonly [outcome: string]: number };
}

export interface SweepView {
  /** Of the job as well. */
  readonly id: string;
  readonly state: JobState;
  readonly manifest: SweepManifest;
  readonly record: SweepRecording;
  readonly groups: number;
  readonly cells: number;
  readonly progress: SweepProgress | null;
  readonly result: SweepResult | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly allowed: readonly string[];
}
