// Explorations as jobs: each in a thread of its own, stopped with a checkpoint in the data folder, gone on with after a restart
// or by an exploration that `continues` it. A counterexample becomes a session.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { z } from 'zod';
import { BadInput } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import type { JobContext, JobService, JobView } from '../jobs/job-service.js';
import { compiledEntry } from '../sessions/compiled-entry.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import type { SessionNotes } from '../sessions/session-notes.js';
import type { Json } from '../store/jobs.port.js';
import { checkInSandbox, searchedAlone, searchInSandbox } from '../user-protocols/sandboxed-search.js';
import { bookmarkOf } from './bookmark.js';
import { dropCheckpointFile, readCheckpointFile, writeCheckpointFile } from './checkpoint-file.js';
import type { Exploration, ExplorationProgress, ExplorationResult } from './exploration.js';
import type { createExploration, exploration } from './exploration.schemas.js';
import type { ExplorationThreadData, ExplorationTold } from './exploration-order.js';
import { planExploration, SERVER_DEFAULTS } from './exploration-request.js';
import { asRequest } from './litmus-ref.js';
import { besideText, figuresText, verdictText } from './verdict-text.js';

const KIND = 'exploration';
/** One takes every core by itself. */
const EXPLORATIONS_AT_ONCE = 1;
/** What stopped searches may keep in the data folder together; the oldest go first. */
const MAX_CHECKPOINT_BYTES = 16 * 1024 ** 3;
/** A thread that does not stop in so long is ended: lost is what it did since its last checkpoint. */
const STOP_MS = 4_000;

export type NewExploration = z.output<typeof createExploration>;

export interface ExplorationView {
  readonly id: string;
  readonly state: JobView['state'];
  readonly litmus: string;
  /** Of a litmus of a user's own; null: a shipped one. */
  readonly litmusText: string | null;
  readonly protocol: string;
  readonly parameters: { readonly [name: string]: number };
  readonly asked: z.output<typeof exploration>['asked'];
  readonly progress: ExplorationProgress | null;
  readonly words: readonly string[] | null;
  readonly result: ExplorationResult | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly allowed: readonly string[];
}

interface Order {
  readonly asked: Exploration;
  /** The exploration whose checkpoint it takes. */
  readonly continues: string | null;
  readonly transplant: string | null;
  /** Of a protocol that a user brought: this text is searched, whatever becomes of its file. */
  readonly userProtocol?: UserProtocolText;
}

export interface ExplorationParts {
  /** The text of a protocol that a user brought, by id; null: there is none of that id. */
  readonly textOf: (id: string) => UserProtocolText | null;
  readonly jobs: JobService;
  readonly runner: SessionRunner;
  readonly notes: SessionNotes;
  /** Of checkpoints. */
  readonly folder: string;
  /** How often a search writes one on its way. */
  readonly checkpointMs: number;
}

export class ExplorationService {
  constructor(private readonly parts: ExplorationParts) {
    parts.jobs.register({
      name: KIND,
      repeatable: true,
      atOnce: EXPLORATIONS_AT_ONCE,
      resultWhenCancelled: true,
      run: (order, context) => this.run(order as unknown as Order, context),
    });
  }

  /** Throws BadInput for what cannot be searched. */
  async start(request: NewExploration): Promise<JobView> {
    const continues = request.continues ?? null;
    const text = this.parts.textOf(request.protocol);
    const goesOn = continues !== null;
    const named = { ...request, ...asRequest(request.litmus), goesOn };
    const planned = await planExploration(named, SERVER_DEFAULTS, text === null);
    const asked = text === null ? planned : searchedAlone(planned, text);
    if (text !== null) await checkInSandbox(text, asked.spec);
    if (continues !== null && !existsSync(this.checkpoint(continues))) {
      throw new BadInput(
        'exploration-not-stopped',
        `exploration ${continues} left nothing to go on with: expected one that was cancelled or interrupted on its way`,
      );
    }
    const order: Order = {
      asked,
      continues,
      transplant: request.transplant ?? null,
      ...(text === null ? {} : { userProtocol: text }),
    };
    return await this.parts.jobs.create(KIND, order as unknown as Json);
  }

  /** Null: there is no such exploration. */
  async get(id: string): Promise<ExplorationView | null> {
    const job = await this.parts.jobs.get(id);
    return job === null || job.kind !== KIND ? null : this.viewOf(job);
  }

  /** Newest first, without counterexamples. */
  async list(limit: number, before?: string): Promise<ExplorationView[]> {
    const query = { kind: KIND, limit, ...(before === undefined ? {} : { before }) };
    return (await this.parts.jobs.list(query)).map((job) => {
      const view = this.viewOf(job);
      const { result } = view;
      const short = { counterexample: null, report: null, locks: null, coverage: null };
      return result === null ? view : { ...view, result: { ...result, ...short } };
    });
  }

  private async run(
    { asked, continues, transplant, userProtocol }: Order,
    context: JobContext,
  ): Promise<Json> {
    const checkpoint = this.checkpoint(context.id);
    mkdirSync(this.parts.folder, { recursive: true });
    this.makeRoom();
    const before = continues === null ? null : this.checkpoint(continues);
    if (before !== null && !existsSync(checkpoint) && existsSync(before)) renameSync(before, checkpoint);
    const { checkpointMs } = this.parts;
    const order = { asked, checkpoint, transplant, continues: continues !== null, checkpointMs };
    const result =
      userProtocol === undefined
        ? await inThread(order, context)
        : await inSandbox(userProtocol, order, context);
    const { report } = result;
    if (report == null) return result as unknown as Json;
    const { session } = report;
    const { id } = await this.parts.runner.create(
      userProtocol === undefined ? session : { ...session, userProtocol },
    );
    await this.parts.runner.done(id);
    const bookmark = bookmarkOf(report);
    if (bookmark !== null) await this.parts.notes.create(id, bookmark);
    return { ...result, sessionId: id } as unknown as Json;
  }

  private checkpoint(id: string): string {
    return join(this.parts.folder, `${id}.checkpoint`);
  }

  private makeRoom(): void {
    const files = readdirSync(this.parts.folder)
      .map((name) => join(this.parts.folder, name))
      .map((path) => ({ path, ...pick(path) }))
      .toSorted((a, b) => b.mtimeMs - a.mtimeMs);
    let sum = 0;
    for (const { path, size } of files) {
      sum += size;
      if (sum > MAX_CHECKPOINT_BYTES) rmSync(path, { force: true });
    }
  }

  private viewOf(job: JobView): ExplorationView {
    const { id, state, error, createdAt, updatedAt, allowed } = job;
    const order = job.request as unknown as Order;
    const { litmus, protocol, parameters, userLitmus } = order.asked.spec;
    const result = job.result as ExplorationResult | null;
    const goesOn = allowed.length === 0 && existsSync(this.checkpoint(id));
    return {
      id,
      state,
      litmus,
      litmusText: userLitmus?.text ?? null,
      protocol,
      parameters,
      asked: askedOf(order),
      progress: job.progress as ExplorationProgress | null,
      words: result === null ? null : [...verdictText(result), ...figuresText(result), ...besideText(result)],
      result,
      error,
      createdAt,
      updatedAt,
      allowed: goesOn ? ['continue'] : allowed,
    };
  }
}

function askedOf({ asked, transplant, continues }: Order): ExplorationView['asked'] {
  const { spec, search, bounds, workers, seed, schedules, pctDepth, exact, liveness } = asked;
  // Persistent sets depend on other fields besides; symmetry is what was asked.
  const reductions = spec.reductions.symmetry ? 'all' : 'none';
  const how = { reductions, search, ...bounds, workers, seed, schedules, pctDepth, exact, liveness } as const;
  return { ...how, transplant, continues };
}

function pick(path: string): { readonly size: number; readonly mtimeMs: number } {
  const { size, mtimeMs } = statSync(path);
  return { size, mtimeMs };
}

function inThread(data: ExplorationThreadData, context: JobContext): Promise<ExplorationResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledEntry(import.meta.url, './exploration.worker'), {
      name: 'exploration',
      workerData: data,
    });
    let late: NodeJS.Timeout | null = null;
    const stop = (): void => {
      worker.postMessage('stop');
      late = setTimeout(() => void worker.terminate(), STOP_MS);
    };
    const end = (settle: () => void): void => {
      context.signal.removeEventListener('abort', stop);
      if (late !== null) clearTimeout(late);
      settle();
    };
    worker.on('message', (told: ExplorationTold) => {
      if (told.kind === 'progress') context.progress(told.now as unknown as Json);
      // One that a stopping server interrupts has no result yet: it goes on.
      else if (told.stopped && context.signal.reason !== 'cancelled')
        end(() => reject(new Error('it was interrupted')));
      else end(() => resolve(told.result));
    });
    worker.on('error', (error) => end(() => reject(error)));
    worker.on('exit', (code) => end(() => reject(new Error(`the exploring thread ended with code ${code}`))));
    if (context.signal.aborted) stop();
    else context.signal.addEventListener('abort', stop, { once: true });
  });
}

/** A search under a user's protocol: as a thread of ours, with a checkpoint where it is stopped. */
async function inSandbox(
  text: UserProtocolText,
  { asked, checkpoint, transplant }: ExplorationThreadData,
  { signal, progress }: JobContext,
): Promise<ExplorationResult> {
  const { search, bounds, exact } = asked;
  // What a depth-first search on hashes leaves, and nothing else, can be gone on with.
  const resumable = search === 'exhaustive' && bounds.depth === null && !exact;
  const resume = resumable ? readCheckpointFile(checkpoint) : null;
  const { result, rest } = await searchInSandbox(
    text,
    { asked, resume, transplant },
    {
      onOpen: (stop) => {
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      },
      progress: (now) => progress(now as unknown as Json),
    },
  );
  if (signal.aborted && rest !== null && resumable) writeCheckpointFile(checkpoint, rest);
  else dropCheckpointFile(checkpoint);
  // One that a stopping server interrupts has no result yet: it goes on.
  if (signal.aborted && signal.reason !== 'cancelled') throw new Error('it was interrupted');
  return result;
}
