// The catalogue for the server: the table as it stands, and its rows answered as a job whose counterexamples become sessions.
import { availableParallelism } from 'node:os';
import type { z } from 'zod';
import { findBug } from '../../core/bugs/explain.js';
import { COLUMNS } from '../../core/catalogue/answer.js';
import { ANSWERS, catalogueCells } from '../../core/catalogue/cells.js';
import type { UserProtocolText } from '../../core/protocols/user-api.js';
import type { RunRequest } from '../../core/run/manifest.js';
import type { JobContext, JobService, JobView } from '../../jobs/job-service.js';
import type { SessionRunner } from '../../sessions/runner/session-runner.js';
import type { Json } from '../../store/jobs.port.js';
import { ownSession } from '../own-session.js';
import { type CatalogueResult, cellsOf, runCatalogue } from './catalogue.js';
import type { catalogueRun, catalogueTable, createCatalogueRun } from './catalogue.schemas.js';

const KIND = 'catalogue';
/** One takes every core that it may have. */
const CATALOGUES_AT_ONCE = 1;

export type NewCatalogueRun = z.output<typeof createCatalogueRun>;
export type CatalogueRun = z.output<typeof catalogueRun>;
export type CatalogueTable = z.output<typeof catalogueTable>;

/** As the job keeps it: with the text that a user's protocol had then. */
type Order = NewCatalogueRun & { readonly userProtocol?: UserProtocolText };

interface Result extends CatalogueResult {
  readonly seconds: number;
}

export class CatalogueService {
  /** @param textOf the text of a user's protocol by id; null: there is none */
  constructor(
    private readonly jobs: JobService,
    private readonly runner: SessionRunner,
    private readonly textOf: (id: string) => UserProtocolText | null,
  ) {
    jobs.register({
      name: KIND,
      repeatable: true,
      atOnce: CATALOGUES_AT_ONCE,
      run: (order, context) => this.run(order as unknown as Order, context),
    });
  }

  /** What is expected, without asking anybody. */
  table(): CatalogueTable {
    const bugs = ANSWERS.map(({ bug, kind, rules, question, cells }) => ({
      bug,
      title: findBug(bug.split('-')[0] ?? bug)?.title ?? null,
      kind,
      rules: [...rules],
      litmus: question?.by === 'search' ? question.litmus : null,
      cells: cells.map(({ protocol, expected, why, litmus }) => ({
        protocol,
        expected,
        why,
        litmus: litmus ?? null,
      })),
    }));
    return { protocols: [...COLUMNS], bugs };
  }

  /** Throws BadInput for a bug or a protocol that is not in the table. */
  async start(request: NewCatalogueRun): Promise<JobView> {
    const text = request.protocol === undefined ? null : this.textOf(request.protocol);
    if (text === null) catalogueCells(request);
    else {
      catalogueCells({ bug: request.bug });
      await cellsOf(text, request.bug);
    }
    const order: Order = text === null ? request : { ...request, userProtocol: text };
    return await this.jobs.create(KIND, order as unknown as Json);
  }

  /** Null: there is no such run. */
  async get(id: string): Promise<CatalogueRun | null> {
    const job = await this.jobs.get(id);
    return job === null || job.kind !== KIND ? null : viewOf(job);
  }

  /** Newest first, without rows. */
  async list(limit: number, before?: string): Promise<Omit<CatalogueRun, 'rows'>[]> {
    const query = { kind: KIND, limit, ...(before === undefined ? {} : { before }) };
    return (await this.jobs.list(query)).map((job) => {
      const { rows: _, ...figures } = viewOf(job);
      return figures;
    });
  }

  private async run(order: Order, context: JobContext): Promise<Json> {
    const { bug, protocol, workers = Math.max(1, availableParallelism() - 1), store } = order;
    const { userProtocol } = order;
    const begunMs = performance.now();
    const result = await runCatalogue({
      bug,
      protocol,
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

function viewOf(job: JobView): CatalogueRun {
  const { id, state, error, createdAt, updatedAt } = job;
  const { bug, protocol } = job.request as unknown as NewCatalogueRun;
  const result = job.result as unknown as Result | null;
  return {
    id,
    state,
    bug: bug ?? null,
    protocol: protocol ?? null,
    progress: job.progress as CatalogueRun['progress'],
    failed: result?.failed ?? null,
    seconds: result?.seconds ?? null,
    error,
    createdAt,
    updatedAt,
    allowed: [...job.allowed],
    rows: result === null ? null : [...result.rows],
  };
}
