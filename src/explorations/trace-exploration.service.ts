// Searches near a recording as jobs: the lines of an imported session go packed to a thread of their own, a counterexample becomes a
// session. Nothing is kept on the way: after a restart a job begins again.
import { Worker } from 'node:worker_threads';
import type { TraceSession } from '../core/explorer/traced/explore-trace.js';
import type { JobContext, JobService, JobView } from '../jobs/job-service.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import type { EventStore } from '../store/event-store.port.js';
import type { TraceLines } from '../store/imports.port.js';
import type { Json } from '../store/jobs.port.js';
import { chunksOfSession } from '../traces/trace-lines.js';
import { planTrace, type TimedTraceResult, type TraceAsked } from './explore-trace.js';

const KIND = 'trace-exploration';
const AT_ONCE = 1;
/** Where nothing is said a server leaves room for others. */
const DEFAULT_SECONDS = 600;

export interface NewTraceExploration {
  readonly trace: { readonly session: string; readonly window?: string | undefined };
  readonly protocol: string;
  readonly preemptions?: number | undefined;
  readonly states?: number | undefined;
  readonly seconds?: number | undefined;
}

interface Order {
  readonly session: string;
  readonly asked: TraceAsked;
}

export interface TraceThreadData {
  readonly asked: TraceAsked;
  readonly chunks: readonly TraceLines[];
}

export type TraceTold =
  | { readonly kind: 'progress'; readonly transitions: number; readonly seconds: number }
  | { readonly kind: 'ended'; readonly result: TimedTraceResult; readonly session: TraceSession | null };

export class TraceExplorationService {
  constructor(
    private readonly store: EventStore,
    private readonly jobs: JobService,
    private readonly runner: SessionRunner,
  ) {
    jobs.register({
      name: KIND,
      repeatable: true,
      atOnce: AT_ONCE,
      resultWhenCancelled: true,
      run: (order, context) => this.run(order as unknown as Order, context),
    });
  }

  /** Throws BadInput for what cannot be asked, and where the session is no recording. */
  async start({ trace, states, ...asked }: NewTraceExploration): Promise<JobView> {
    const seconds = asked.seconds ?? DEFAULT_SECONDS;
    const planned = planTrace({ ...asked, window: trace.window, transitions: states, seconds });
    await chunksOfSession(this.store, trace.session, 0);
    const order: Order = { session: trace.session, asked: planned };
    return await this.jobs.create(KIND, order as unknown as Json);
  }

  private async run({ session: id, asked }: Order, context: JobContext): Promise<Json> {
    const chunks = await chunksOfSession(this.store, id, asked.window.to);
    const { result, session } = await inThread({ asked, chunks }, context);
    if (session === null) return { ...result, source: id, sessionId: null } as unknown as Json;
    const made = await this.runner.create(session);
    await this.runner.done(made.id);
    return { ...result, source: id, sessionId: made.id } as unknown as Json;
  }
}

type Ended = Extract<TraceTold, { readonly kind: 'ended' }>;

function inThread(data: TraceThreadData, { signal, progress }: JobContext): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledEntry(import.meta.url, './trace-exploration.worker'), {
      name: 'trace-exploration',
      workerData: data,
    });
    const stop = (): void => worker.postMessage('stop');
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', stop);
      settle();
    };
    worker.on('message', (told: TraceTold) => {
      if (told.kind === 'progress') progress(told as unknown as Json);
      // One that a stopping server interrupts has no result: it begins again.
      else if (signal.aborted && signal.reason !== 'cancelled')
        end(() => reject(new Error('it was interrupted')));
      else end(() => resolve(told));
    });
    worker.on('error', (error) => end(() => reject(error)));
    worker.on('exit', (code) => end(() => reject(new Error(`the exploring thread ended with code ${code}`))));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
