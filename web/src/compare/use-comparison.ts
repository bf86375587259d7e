// The comparison of some sessions. Long ones are a job of the server: its progress is told, and it is cancelled when nobody
// waits for it any more. Sessions that still run are compared when they rest.
import { useEffect, useState } from 'react';
import { ask, Refused } from '../api/ask.js';
import { type Resource, useResource } from '../api/resource.js';
import type { Comparison, Job } from '../api/schema.js';
import { onChanges } from '../live/watch.js';

const POINTS = 400;
const ASK_AGAIN_MS = 300;
const MOVING = new Set(['queued', 'running']);

export interface Progress {
  readonly rows: number;
  readonly of: number;
}

export interface Compared extends Resource<Comparison> {
  /** Null: it is not a job, or has not said anything yet. */
  readonly progress: Progress | null;
  /** A session is on its way; the comparison is asked for again by itself. */
  readonly moving: boolean;
}

export function useComparison(ids: readonly string[]): Compared {
  const [progress, setProgress] = useState<Progress | null>(null);
  const resource = useResource(ids.length < 2 ? null : ids.join(','), (signal) => {
    setProgress(null);
    return compare(ids, signal, setProgress);
  });
  const { error, reload } = resource;
  const moving = error instanceof Refused && error.code === 'state-conflict';
  const names = ids.join(',');
  useEffect(() => {
    if (!moving) return;
    const own = new Set(names.split(','));
    return onChanges(({ changes, overflow }) => {
      if (overflow || changes.some(({ session, state }) => own.has(session) && !MOVING.has(state))) reload();
    });
  }, [moving, names, reload]);
  return { ...resource, progress, moving };
}

async function compare(
  sessions: readonly string[],
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Comparison> {
  const answer: Comparison | Job = await ask<'Comparisons_post'>('POST', '/comparisons', {
    body: { sessions, all: true, points: POINTS },
    signal,
  });
  if ('metrics' in answer) return answer;
  const { id } = answer as unknown as Job;
  let ended = false;
  signal.addEventListener('abort', () => {
    if (!ended) void ask<'Jobs_cancel'>('POST', `/jobs/${id}/cancel`).catch(() => undefined);
  });
  for (;;) {
    const job = await ask<'Jobs_get'>('GET', `/jobs/${id}`, { signal });
    ended = job.state === 'finished' || job.state === 'failed' || job.state === 'cancelled';
    if (job.state === 'finished') return job.result as Comparison;
    if (ended) throw new Error(job.error ?? `the comparison was ${job.state}`);
    if (job.progress !== null) onProgress(job.progress as Progress);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}
