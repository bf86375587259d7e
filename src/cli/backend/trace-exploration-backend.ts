// Searches near a recording where a server owns the data folder: the file goes there, the server searches and stores what it finds,
// this process asks how far it is.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TimedTraceResult } from '../../explorations/explore-trace.js';
import type { NewTraceExploration } from '../../explorations/trace-exploration.service.js';
import type { JobView } from '../../jobs/job-service.js';
import { ServerRefused } from '../failure.js';
import type { AskServer } from './sweep-backend.js';

const FIRST_POLL_MS = 25;
const LONGEST_POLL_MS = 500;
const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);

export interface StoredTraceResult extends TimedTraceResult {
  /** Session of the trace. */
  readonly source: string;
  /** Session of the counterexample; null: there is none. */
  readonly sessionId: string | null;
}

export interface TraceProgress {
  readonly transitions: number;
  readonly seconds: number;
}

export class ServerTraceExplorations {
  constructor(private readonly ask: AskServer) {}

  /** Its id. */
  async start(asked: NewTraceExploration): Promise<string> {
    return ((await (await this.ask('/explorations/traces', asked)).json()) as { readonly id: string }).id;
  }

  /** Asks at growing intervals until it has ended. @param cancelling true: it is stopped, and says what it found by then */
  async ended(
    id: string,
    progress: (now: TraceProgress) => void,
    cancelling: () => boolean,
  ): Promise<StoredTraceResult> {
    let stopped = false;
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(LONGEST_POLL_MS, waitMs * 2)) {
      const job = (await (await this.ask(`/jobs/${id}`)).json()) as JobView;
      if (!OPEN.has(job.state)) {
        if (job.result !== null) return job.result as unknown as StoredTraceResult;
        throw new ServerRefused(500, `job ${id} is ${job.state}: ${job.error ?? 'no reason given'}`);
      }
      if (job.progress !== null) progress(job.progress as unknown as TraceProgress);
      if (cancelling() && !stopped) {
        stopped = true;
        await this.ask(`/jobs/${id}/cancel`, {});
        continue;
      }
      await sleep(waitMs);
    }
  }
}
