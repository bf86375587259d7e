// Numbers and states of jobs, for the two tables that speak of them.
import type { JobState } from '../jobs.port.js';

export const ENDED_JOBS: readonly JobState[] = ['finished', 'failed', 'cancelled'];

/** An id that cannot be one names no job. */
export function jobNumber(id: string): number {
  return /^[1-9][0-9]{0,14}$/.test(id) ? Number(id) : 0;
}
