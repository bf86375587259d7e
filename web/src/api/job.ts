// Waits for a job of the server: tells how far it is, and cancels it when nobody waits for it any more.
import { ask } from './ask.js';
import type { Job } from './schema.js';

const ASK_AGAIN_MS = 300;
const ENDED = new Set<Job['state']>(['finished', 'failed', 'cancelled']);

export interface JobProgress {
  readonly rows: number;
  readonly of: number;
}

export async function resultOf(
  id: string,
  signal: AbortSignal,
  onProgress: (progress: JobProgress) => void,
): Promise<unknown> {
  let ended = false;
  signal.addEventListener('abort', () => {
    if (!ended) void ask<'Jobs_cancel'>('POST', `/jobs/${id}/cancel`).catch(() => undefined);
  });
  for (;;) {
    const job = await ask<'Jobs_get'>('GET', `/jobs/${id}`, { signal });
    ended = ENDED.has(job.state);
    if (job.state === 'finished') return job.result;
    if (ended) throw new Error(job.error ?? `the job was ${job.state}`);
    if (job.progress !== null) onProgress(job.progress as JobProgress);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
