// Which protocols the trace is a behaviour of: asked of the server, which makes a job of long traces.
import { useState } from 'react';
import { ask } from '../api/ask.js';
import { type JobProgress, resultOf } from '../api/job.js';
import { type Resource, useResource } from '../api/resource.js';
import type { CheckReport, Job } from '../api/schema.js';

export interface Check extends Resource<CheckReport> {
  readonly progress: JobProgress | null;
}

export function useCheck(id: string): Check {
  const [progress, setProgress] = useState<JobProgress | null>(null);
  const resource = useResource(`check ${id}`, async (signal) => {
    setProgress(null);
    const answer: CheckReport | Job = await ask<'Check_check'>('POST', `/sessions/${id}/check`, {
      body: {},
      signal,
    });
    if ('verdicts' in answer) return answer;
    return (await resultOf((answer as unknown as Job).id, signal, setProgress)) as CheckReport;
  });
  return { ...resource, progress };
}
