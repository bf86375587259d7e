// Jobs that answer rows (the catalogue of known answers, the rules of `relax`): one at a time, on every core that they may have, with
// the text that a user's protocol had when they were asked for; what is violated becomes a session. What a row is, is its kind's.
import { availableParallelism } from 'node:os';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { RunRequest } from '../core/run/manifest.js';
import type { JobContext, JobService, JobView } from '../jobs/job-service.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import type { JobState, Json } from '../store/jobs.port.js';
import { ownSession } from './own-session.js';

/** One takes every core that it may have. */
const ROW_JOBS_AT_ONCE = 1;

export interface RowsAsked {
  readonly protocol?: string | undefined;
  /** Rows side by side. */
  readonly workers?: number | undefined;
  /** Counterexamples become sessions. */
  readonly store: boolean;
}

/** As the job keeps it: with the text that a user's protocol had then. */
export type RowOrder<Asked extends RowsAsked> = Asked & { readonly userProtocol?: UserProtocolText };

export interface RowHooks {
  readonly workers: number;
  readonly politely: true;
  readonly signal: AbortSignal;
  readonly progress: (done: number, of: number) => void;
  readonly store?: (session: RunRequest) => Promise<string>;
}

export type Timed<Result> = Result & { readonly seconds: number };

/** One registration. */
export interface RowKind<
  Asked extends RowsAsked,
  Result extends object,
  Figures extends object,
  Parts extends object,
> {
  /** Of its jobs. */
  readonly name: string;
  /** Throws BadInput for what there is not. */
  readonly check: (order: RowOrder<Asked>) => Promise<void>;
  readonly answer: (order: RowOrder<Asked>, hooks: RowHooks) => Promise<Result>;
  /** What a list shows as well. */
  readonly figures: (asked: Asked, result: Result | null) => Figures;
  readonly parts: (result: Result | null) => Parts;
}

/** What all of them show. */
export interface RowJobFigures {
  readonly id: string;
  readonly state: JobState;
  readonly progress: { readonly done: number; readonly of: number } | null;
  readonly seconds: number | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly allowed: string[];
}

export class RowJobs<
  Asked extends RowsAsked,
  Result extends object,
  Figures extends object,
  Parts extends object,
> {
  /** @param textOf the text of a user's protocol by id; null: there is none */
  constructor(
    private readonly kind: RowKind<Asked, Result, Figures, Parts>,
    private readonly jobs: JobService,
    private readonly runner: SessionRunner,
    private readonly textOf: (id: string) => UserProtocolText | null,
  ) {
    jobs.register({
      name: kind.name,
      repeatable: true,
      atOnce: ROW_JOBS_AT_ONCE,
      run: (order, context) => this.run(order as unknown as RowOrder<Asked>, context),
    });
  }

  /** Throws BadInput for what there is not. */
  async start(asked: Asked): Promise<JobView> {
    const text = asked.protocol === undefined ? null : this.textOf(asked.protocol);
    const order: RowOrder<Asked> = text === null ? asked : { ...asked, userProtocol: text };
    await this.kind.check(order);
    return await this.jobs.create(this.kind.name, order as unknown as Json);
  }

  /** Null: there is no such job of this kind. */
  async get(id: string): Promise<(RowJobFigures & Figures & Parts) | null> {
    const job = await this.jobs.get(id);
    if (job === null || job.kind !== this.kind.name) return null;
    return { ...this.figuresOf(job), ...this.kind.parts(resultOf<Result>(job)) };
  }

  /** Newest first, without rows. */
  async list(limit: number, before?: string): Promise<(RowJobFigures & Figures)[]> {
    const query = { kind: this.kind.name, limit, ...(before === undefined ? {} : { before }) };
    return (await this.jobs.list(query)).map((job) => this.figuresOf(job));
  }

  private figuresOf(job: JobView): RowJobFigures & Figures {
    const { id, state, error, createdAt, updatedAt, allowed } = job;
    const result = resultOf<Result>(job);
    return {
      id,
      state,
      ...this.kind.figures(job.request as unknown as Asked, result),
      progress: job.progress as RowJobFigures['progress'],
      seconds: result?.seconds ?? null,
      error,
      createdAt,
      updatedAt,
      allowed: [...allowed],
    };
  }

  private async run(order: RowOrder<Asked>, context: JobContext): Promise<Json> {
    const { workers = Math.max(1, availableParallelism() - 1), store, userProtocol } = order;
    const begunMs = performance.now();
    const result = await this.kind.answer(order, {
      workers,
      politely: true,
      signal: context.signal,
      progress: (done, of) => context.progress({ done, of }),
      ...(store ? { store: (session) => this.store(ownSession(session, userProtocol)) } : {}),
    });
    const timed: Timed<Result> = { ...result, seconds: (performance.now() - begunMs) / 1_000 };
    return timed as unknown as Json;
  }

  private async store(session: RunRequest): Promise<string> {
    const { id } = await this.runner.create(session);
    await this.runner.done(id);
    return id;
  }
}

const resultOf = <Result>(job: JobView): Timed<Result> | null =>
  job.result as unknown as Timed<Result> | null;
