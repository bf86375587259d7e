// Relaxations for the server: the rules of a protocol dropped one at a time, as a job whose counterexamples become sessions.
import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { JobContext, JobService, JobView } from '../../jobs/job-service.js';
import type { SessionRunner } from '../../sessions/runner/session-runner.js';
import type { Json } from '../../store/jobs.port.js';
import { SandboxHand } from '../../user-protocols/sandbox-hand.js';
import { ownSession } from '../own-session.js';
import { checkRelax, type RelaxResult, runRelax } from './relax.js';
import type { createRelaxation, relaxation } from './relax.schemas.js';

const KIND = 'relaxation';
/** One takes every core that it may have. */
const RELAXATIONS_AT_ONCE = 1;

export type NewRelaxation = z.output<typeof createRelaxation>;
export type Relaxation = z.output<typeof relaxation>;
type Figures = Omit<Relaxation, 'rows' | 'litmus'>;

/** As the job keeps it: with the text that a user's protocol had then. */
type Order = NewRelaxation & { readonly userProtocol?: UserProtocolText };

interface Result extends RelaxResult {
  readonly seconds: number;
}

export class RelaxService {
  /** @param textOf the text of a user's protocol by id; null: there is none */
  constructor(
    private readonly jobs: JobService,
    private readonly runner: SessionRunner,
    private readonly textOf: (id: string) => UserProtocolText | null,
  ) {
    jobs.register({
      name: KIND,
      repeatable: true,
      atOnce: RELAXATIONS_AT_ONCE,
      run: (order, context) => this.run(order as unknown as Order, context),
    });
  }

  /** Throws BadInput for a protocol, a rule or a litmus that there is not. */
  async start(request: NewRelaxation): Promise<JobView> {
    const text = this.textOf(request.protocol);
    const order: Order = text === null ? request : { ...request, userProtocol: text };
    checkRelax(order);
    // Whether it can be loaded at all.
    if (text !== null) await SandboxHand.once(text, 'describe', null);
    return await this.jobs.create(KIND, order as unknown as Json);
  }

  /** Null: there is no such relaxation. */
  async get(id: string): Promise<Relaxation | null> {
    const job = await this.jobs.get(id);
    return job === null || job.kind !== KIND ? null : viewOf(job);
  }

  /** Newest first, without rows. */
  async list(limit: number, before?: string): Promise<Figures[]> {
    const query = { kind: KIND, limit, ...(before === undefined ? {} : { before }) };
    return (await this.jobs.list(query)).map((job) => {
      const { rows: _, litmus: __, ...figures } = viewOf(job);
      return figures;
    });
  }

  private async run(order: Order, context: JobContext): Promise<Json> {
    const { protocol, rule, litmus, workers = Math.max(1, availableParallelism() - 1), store } = order;
    const { userProtocol } = order;
    const begunMs = performance.now();
    const result = await runRelax({
      protocol,
      rule,
      litmus,
      userProtocol,
      workers,
      politely: true,
      signal: context.signal,
      progress: (done, of) => context.progress({ done, of }),
      ...(store ? { store: (session: RunRequest) => this.store(ownSession(session, userProtocol)) } : {}),
    });
    const seconds = (performance.now() - begunMs) / 1_000;
    return { ...result, seconds } as unknown as Json;
  }

  private async store(session: RunRequest): Promise<string> {
    const { id } = await this.runner.create(session);
    await this.runner.done(id);
    return id;
  }
}

function viewOf(job: JobView): Relaxation {
  const { id, state, error, createdAt, updatedAt, allowed } = job;
  const { protocol, rule } = job.request as unknown as NewRelaxation;
  const result = job.result as unknown as Result | null;
  const plain = result as unknown as Pick<Relaxation, 'rows' | 'litmus'> | null;
  return {
    id,
    state,
    protocol,
    rule: rule ?? null,
    progress: job.progress as Relaxation['progress'],
    counts: result?.counts ?? null,
    seconds: result?.seconds ?? null,
    error,
    createdAt,
    updatedAt,
    allowed: [...allowed],
    rows: plain?.rows ?? null,
    litmus: plain?.litmus ?? null,
  };
}
