// The comparison of some sessions. Long ones are a job of the server: its progress is told, and it is cancelled when nobody
// waits for it any more. Sessions that still run are compared when they rest.
import { useEffect, useState } from 'react';
import { ask, Refused } from '../api/ask.js';
import { type JobProgress, resultOf } from '../api/job.js';
import { type Resource, useResource } from '../api/resource.js';
import type { Comparison, Job } from '../api/schema.js';
import { onChanges } from '../live/watch.js';

const POINTS = 400;
const MOVING = new Set(['queued', 'running']);

export interface Compared extends Resource<Comparison> {
  /** Null: it is not a job, or has not said anything yet. */
  readonly progress: JobProgress | null;
  /** A session is on its way; the comparison is asked for again by itself. */
  readonly moving: boolean;
}

export function useComparison(ids: readonly string[]): Compared {
  const [progress, setProgress] = useState<JobProgress | null>(null);
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
  onProgress: (progress: JobProgress) => void,
): Promise<Comparison> {
  const answer: Comparison | Job = await ask<'Comparisons_post'>('POST', '/comparisons', {
    body: { sessions, all: true, points: POINTS },
    signal,
  });
  if ('metrics' in answer) return answer;
  return (await resultOf((answer as unknown as Job).id, signal, onProgress)) as Comparison;
}
