// Longer work that a client asked for and does not wait for: accepted at once, done in turn, a few at a time, with
// progress, cancel and a result that is kept. What a kind of job does is registered by whoever knows how to do it; this
// knows only that it takes time. Not of HTTP: the controller is thin.
import { Subject } from 'rxjs';
import type { JobRecord, JobState, JobStore, Json } from '../store/jobs.port.js';
import { limitExceeded, StoreError, storeClosed } from '../store/store.errors.js';

/** Jobs that wait or run. One more is refused. */
export const MAX_OPEN_JOBS = 100;
/** Jobs that run at the same time; each kind bounds what it uses itself. */
export const MAX_RUNNING_JOBS = 2;
/** Jobs that have ended and are kept; the oldest goes first. */
export const MAX_KEPT_JOBS = 10_000;
/** Progress lives in memory and is written down now and then. */
const WRITE_PROGRESS_MS = 2_000;

export interface JobContext {
  /** Of the job: what it stores as it goes on is found under it after a restart. */
  readonly id: string;
  /** Aborted, with `cancelled` or `interrupted` (the server stops) as its reason: end soon, by throwing. */
  readonly signal: AbortSignal;
  /** Plain data of this kind's own form; cheap, call it as often as there is news. */
  progress(now: Json): void;
}

export interface JobKind {
  /** `replay`, `verification`, ...: shown to clients, stored. */
  readonly name: string;
  /** Begun again from its start after a restart of the server; else it is `interrupted` for good. */
  readonly repeatable: boolean;
  /** Cancelled, it may still answer with what it has: the result of a cancelled job. */
  readonly resultWhenCancelled?: boolean;
  /** How many of this kind run at the same time; default: as many as of all kinds. */
  readonly atOnce?: number;
  /** The result; an error is the job's failure and is shown. */
  run(request: Json, context: JobContext): Promise<Json>;
}

/** News of a job: what followers are told. */
export type JobChange = Pick<JobRecord, 'id' | 'kind' | 'state' | 'progress' | 'error'>;

export interface JobView extends JobRecord {
  /** What the present state allows: `cancel`, or nothing. */
  readonly allowed: readonly string[];
}

interface Open {
  readonly id: string;
  readonly kind: JobKind;
  readonly request: Json;
  readonly abort: AbortController;
  progress: Json;
  writtenMs: number;
  endAs: 'cancelled' | 'interrupted' | null;
  done: Promise<void>;
}

const OPEN_STATES: readonly JobState[] = ['queued', 'running', 'interrupted'];

export class JobService {
  /** Every change of state, and progress as often as there is news of it. */
  readonly changed$ = new Subject<JobChange>();
  private readonly kinds = new Map<string, JobKind>();
  private readonly waiting: Open[] = [];
  private readonly running = new Map<string, Open>();
  private entering = 0;
  private stopping = false;

  constructor(
    private readonly jobs: JobStore,
    private readonly log: (message: string, error: unknown) => void,
  ) {}

  get open(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.waiting.length, running: this.running.size };
  }

  register(kind: JobKind): void {
    this.kinds.set(kind.name, kind);
  }

  /** Throws `limit_exceeded` when too many are open. */
  async create(name: string, request: Json): Promise<JobView> {
    const kind = this.kinds.get(name);
    if (kind === undefined) throw new Error(`no kind of job ${name} was registered`);
    if (this.stopping) throw storeClosed('the server is stopping');
    const before = this.waiting.length + this.running.size + this.entering;
    if (before >= MAX_OPEN_JOBS) throw limitExceeded('MAX_OPEN_JOBS', MAX_OPEN_JOBS, before + 1, 'open jobs');
    this.entering++;
    try {
      const record = await this.jobs.create(name, request);
      this.enqueue(record, kind);
      return this.viewOf(record);
    } finally {
      this.entering--;
    }
  }

  /** Null when there is no such job. */
  async get(id: string): Promise<JobView | null> {
    const record = await this.jobs.get(id);
    return record === null ? null : this.viewOf(record);
  }

  /** Newest first. */
  async list(query: Parameters<JobStore['list']>[0]): Promise<JobView[]> {
    return (await this.jobs.list(query)).map((record) => this.viewOf(record));
  }

  /** Resolves when the job has stopped. Throws `state_conflict` when it has ended, or is none that can be stopped here. */
  async cancel(id: string): Promise<JobView | null> {
    const at = this.waiting.findIndex((job) => job.id === id);
    const job = at >= 0 ? this.waiting.splice(at, 1)[0]! : this.running.get(id);
    if (job === undefined) {
      const view = await this.get(id);
      if (view !== null) throw notOpen(view);
      return null;
    }
    if (at >= 0) {
      await this.jobs.update(id, { state: 'cancelled' });
      this.tell(job, 'cancelled');
    }
    if (at < 0) {
      job.endAs = 'cancelled';
      job.abort.abort(job.endAs);
      await job.done;
    }
    const view = await this.get(id);
    // It may have ended in the moment before: then nothing was cancelled, as for one that had ended long ago.
    if (view !== null && view.state !== 'cancelled') throw notOpen(view);
    return view;
  }

  /** What was open when the last owner of the store stopped or died: done again where it can be. */
  async recover(): Promise<number> {
    const found: JobRecord[] = [];
    for (let before: string | undefined; ; before = found.at(-1)!.id) {
      const page = await this.jobs.list({
        states: OPEN_STATES,
        limit: MAX_OPEN_JOBS,
        ...(before === undefined ? {} : { before }),
      });
      found.push(...page);
      if (page.length < MAX_OPEN_JOBS) break;
    }
    let again = 0;
    for (const record of found.reverse()) {
      const kind = this.kinds.get(record.kind);
      // Of a kind that keeps its own order.
      if (kind === undefined) continue;
      if (kind.repeatable && again < MAX_OPEN_JOBS) {
        await this.jobs.update(record.id, { state: 'queued', progress: null });
        this.enqueue(record, kind);
        again++;
      } else if (record.state !== 'interrupted') {
        await this.jobs.update(record.id, { state: 'interrupted' });
      }
    }
    return again;
  }

  /** Running jobs become `interrupted`, waiting ones stay queued; resolves when nothing runs. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.waiting.splice(0);
    const running = [...this.running.values()];
    for (const job of running) {
      job.endAs ??= 'interrupted';
      job.abort.abort(job.endAs);
    }
    await Promise.all(running.map(({ done }) => done));
  }

  private enqueue({ id, request }: JobRecord, kind: JobKind): void {
    const abort = new AbortController();
    const fresh = { progress: null, writtenMs: 0, endAs: null, done: Promise.resolve() };
    this.waiting.push({ id, kind, request, abort, ...fresh });
    this.pump();
  }

  private pump(): void {
    while (!this.stopping && this.running.size < MAX_RUNNING_JOBS) {
      const at = this.waiting.findIndex(({ kind }) => this.mayRun(kind));
      if (at < 0) return;
      const job = this.waiting.splice(at, 1)[0]!;
      this.running.set(job.id, job);
      job.done = this.execute(job)
        .catch((error: unknown) => this.log(`job ${job.id} could not be written down`, error))
        .finally(() => {
          this.running.delete(job.id);
          this.pump();
        });
    }
  }

  private mayRun({ name, atOnce = MAX_RUNNING_JOBS }: JobKind): boolean {
    return [...this.running.values()].filter(({ kind }) => kind.name === name).length < atOnce;
  }

  private async execute(job: Open): Promise<void> {
    const { id, kind, request, abort } = job;
    await this.jobs.update(id, { state: 'running' });
    this.tell(job, 'running');
    try {
      const result = await kind.run(request, {
        id,
        signal: abort.signal,
        progress: (now) => this.progress(job, now),
      });
      const cancelled = kind.resultWhenCancelled === true && job.endAs === 'cancelled';
      const state = cancelled ? 'cancelled' : 'finished';
      await this.jobs.update(id, { state, progress: job.progress, result });
      this.tell(job, state);
    } catch (error) {
      const state = job.endAs ?? 'failed';
      const text = error instanceof Error ? error.message : String(error);
      await this.jobs.update(id, {
        state,
        progress: job.progress,
        ...(state === 'failed' ? { error: text } : {}),
      });
      this.tell(job, state, state === 'failed' ? text : null);
      if (state === 'failed') this.log(`job ${id} (${kind.name}) failed`, error);
    }
    await this.jobs.prune(MAX_KEPT_JOBS);
  }

  private tell(
    { id, kind, progress }: Pick<Open, 'id' | 'kind' | 'progress'>,
    state: JobState,
    error: string | null = null,
  ): void {
    this.changed$.next({ id, kind: kind.name, state, progress, error });
  }

  private progress(job: Open, now: Json): void {
    job.progress = now;
    this.tell(job, 'running');
    const nowMs = performance.now();
    if (nowMs - job.writtenMs < WRITE_PROGRESS_MS) return;
    job.writtenMs = nowMs;
    this.jobs.update(job.id, { progress: now }).catch((error: unknown) => {
      this.log(`progress of job ${job.id} could not be written down`, error);
    });
  }

  private viewOf(record: JobRecord): JobView {
    const running = this.running.get(record.id);
    const open = running !== undefined || this.waiting.some(({ id }) => id === record.id);
    return {
      ...record,
      ...(running === undefined ? {} : { progress: running.progress }),
      allowed: open ? ['cancel'] : [],
    };
  }
}

function notOpen({ id, state }: JobView): StoreError {
  return new StoreError('state_conflict', `job ${id} is ${state}: cancel is not possible`, {
    sessionId: '',
    state,
    allowed: [],
  });
}
