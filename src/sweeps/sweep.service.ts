// Sweeps: a job that runs cells and stores what each came to, and the table of what is stored.
import { BadInput } from '../core/base/errors.js';
import type { UserProtocolText } from '../core/protocols/user-api.js';
import { MAX_SWEEP_SESSIONS } from '../core/sweeps/limits.js';
import { planOfManifest, planSweep, type SweepRequest } from '../core/sweeps/plan.js';
import { parseSeeds } from '../core/sweeps/seeds.js';
import { type CellResult, type SweepTable, sweepTable } from '../core/sweeps/table.js';
import type { JobContext, JobService, JobView } from '../jobs/job-service.js';
import type { SessionRunner } from '../sessions/runner/session-runner.js';
import type { Json } from '../store/jobs.port.js';
import { MAX_KEPT_SWEEP_CELLS, type SweepStore } from '../store/sweeps.port.js';
import { refuseForeignTexts, withUsers } from '../user-protocols/sandboxed-cells.js';
import { sessionRunners, threadRunners } from './cell-runners.js';
import type { SweepOrder, SweepRecording, SweepResult, SweepView } from './sweep.types.js';
import { runSweep, type SweepProgress, storedCells } from './sweep-run.js';

const KIND = 'sweep';
/** A sweep takes every core by itself; a second one would only make both late. */
const SWEEPS_AT_ONCE = 1;

export interface SweepParts {
  readonly jobs: JobService;
  readonly store: SweepStore;
  readonly runner: SessionRunner;
  /** The text of a protocol that a user brought, by id; null: there is none of that id. */
  readonly textOf: (id: string) => UserProtocolText | null;
  /** Manifests may bring texts of their own: of a command that read them itself. */
  readonly takesTexts: boolean;
  /** Threads give way to whoever answers requests. */
  readonly yielding: boolean;
}

export interface NewSweep {
  /** A request, or the manifest of an earlier sweep. */
  readonly sweep: SweepRequest | SweepOrder['manifest'];
  readonly record: SweepRecording;
}

export class SweepService {
  constructor(private readonly parts: SweepParts) {
    parts.jobs.register({
      name: KIND,
      repeatable: true,
      atOnce: SWEEPS_AT_ONCE,
      run: (order, context) => this.run(order as unknown as SweepOrder, context),
    });
  }

  /** Throws BadInput, or `limit_exceeded` when too many jobs are open. */
  async start({ sweep, record }: NewSweep): Promise<JobView> {
    const { textOf, takesTexts } = this.parts;
    if ('format' in sweep && !takesTexts) refuseForeignTexts(sweep.protocols, textOf);
    const { manifest, cells } =
      'format' in sweep ? planOfManifest(sweep) : planSweep(await withUsers(sweep, textOf));
    if (record !== 'none' && cells > MAX_SWEEP_SESSIONS) {
      throw new BadInput(
        'sweep-too-large',
        `${cells} cells would store more sessions than MAX_SWEEP_SESSIONS = ${MAX_SWEEP_SESSIONS}; expected fewer cells, or none recorded`,
      );
    }
    const order: SweepOrder = { manifest, record };
    return await this.parts.jobs.create(KIND, order as unknown as Json);
  }

  /** Null: there is no such sweep. */
  async get(id: string): Promise<SweepView | null> {
    const job = await this.parts.jobs.get(id);
    return job === null || job.kind !== KIND ? null : viewOf(job);
  }

  /** Newest first. */
  async list(limit: number, before?: string): Promise<SweepView[]> {
    const query = { kind: KIND, limit, ...(before === undefined ? {} : { before }) };
    return (await this.parts.jobs.list(query)).map(viewOf);
  }

  /** As far as it is. Throws BadInput where this build would number its cells in another way. */
  async table({ id, state, manifest }: SweepView): Promise<SweepTable> {
    const table = sweepTable(planOfManifest(manifest), await this.results(id));
    if (state === 'finished' && !table.complete) {
      throw new BadInput(
        'sweep-forgotten',
        `the results of sweep ${id} made room for later ones (MAX_KEPT_SWEEP_CELLS = ${MAX_KEPT_SWEEP_CELLS}); its manifest gives them again`,
      );
    }
    return table;
  }

  private async results(id: string): Promise<CellResult[]> {
    const results: CellResult[] = [];
    for await (const { cell, result } of storedCells(this.parts.store, id))
      results[cell] = result as unknown as CellResult;
    return results;
  }

  private async run(order: SweepOrder, { id, signal, progress }: JobContext): Promise<Json> {
    const { store, runner, yielding } = this.parts;
    const plan = planOfManifest(order.manifest);
    await store.prune(MAX_KEPT_SWEEP_CELLS - plan.cells, id);
    const count = Math.min(runner.workers, plan.cells);
    const { runners, end } =
      order.record === 'none'
        ? threadRunners(count, yielding, signal)
        : sessionRunners(count, { id, runner, recording: order.record, signal });
    try {
      await runSweep({ id, plan, store, runners, signal, progress: (now) => progress({ ...now }) });
    } finally {
      await end();
    }
    const result: SweepResult = {
      cells: plan.cells,
      groups: plan.groups.length,
      outcomes: await this.outcomes(id),
    };
    return result as unknown as Json;
  }

  private async outcomes(id: string): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const outcomes = (await this.results(id)).map(({ outcome }) => outcome);
    for (const outcome of outcomes.toSorted()) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }
}

function viewOf(job: JobView): SweepView {
  const { id, state, error, createdAt, updatedAt, allowed } = job;
  const { manifest, record } = job.request as unknown as SweepOrder;
  const combinations = [manifest.parameters, manifest.costs]
    .flatMap((lists) => Object.values(lists))
    .reduce((n, values) => n * values.length, 1);
  const groups = manifest.protocols.length * combinations;
  return {
    id,
    state,
    manifest,
    record,
    groups,
    cells: groups * parseSeeds(manifest.seeds).length,
    progress: job.progress as SweepProgress | null,
    result: job.result as SweepResult | null,
    error,
    createdAt,
    updatedAt,
    allowed,
  };
}
