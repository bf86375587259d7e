// Sweeps for commands: run by this process, or by the server that owns the folder.

import { BadInput } from '../../core/base/errors.js';
import type { SweepRequest } from '../../core/sweeps/plan.js';
import { JobService } from '../../jobs/job-service.js';
import type { SessionRunner } from '../../sessions/runner/session-runner.js';
import type { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.js';
import { type NewSweep, SweepService } from '../../sweeps/sweep.service.js';
import type { SweepView } from '../../sweeps/sweep.types.js';
import { type TableFormat, tableBytes } from '../../sweeps/sweep-files.js';

export interface SweepBackend {
  /** Its id. */
  start(sweep: NewSweep): Promise<string>;
  get(id: string): Promise<SweepView>;
  table(id: string, format: TableFormat): Promise<Uint8Array>;
}

export class LocalSweeps implements SweepBackend {
  private readonly jobs: JobService;
  private readonly service: SweepService;

  constructor(store: SqliteEventStore, runner: SessionRunner, note: (text: string) => void) {
    this.jobs = new JobService(store.jobs, (message, error) =>
      note(`rootline: ${message}: ${String(error)}`),
    );
    this.service = new SweepService({
      jobs: this.jobs,
      store: store.sweeps,
      runner,
      yielding: false,
      // The command has planned it, with the texts that it read.
      textOf: () => null,
      takesTexts: true,
    });
  }

  async start(sweep: NewSweep): Promise<string> {
    return (await this.service.start(sweep)).id;
  }

  async get(id: string): Promise<SweepView> {
    const found = await this.service.get(id);
    if (found === null) throw new BadInput('sweep-not-found', `there is no sweep ${id}`);
    return found;
  }

  async table(id: string, format: TableFormat): Promise<Uint8Array> {
    const view = await this.get(id);
    return tableBytes({ manifest: view.manifest, table: await this.service.table(view) }, format);
  }

  /** One under way becomes `interrupted`, and goes on when a server has the folder. */
  async stop(): Promise<void> {
    await this.jobs.stop();
  }
}

/** Asks the server; with a body it is a POST. */
export type AskServer = (path: string, body?: object) => Promise<Response>;

export class ServerSweeps implements SweepBackend {
  constructor(private readonly ask: AskServer) {}

  async start({ sweep, record }: NewSweep): Promise<string> {
    const body = 'format' in sweep ? { manifest: sweep, record } : { ...asSent(sweep), record };
    return ((await (await this.ask('/sweeps', body)).json()) as { readonly id: string }).id;
  }

  async get(id: string): Promise<SweepView> {
    return (await (await this.ask(`/sweeps/${id}`)).json()) as SweepView;
  }

  async table(id: string, format: TableFormat): Promise<Uint8Array> {
    return new Uint8Array(await (await this.ask(`/sweeps/${id}/table?format=${format}`)).arrayBuffer());
  }
}

/** The API leaves out what the core calls null. */
function asSent({ metrics, ...request }: SweepRequest): object {
  return metrics == null ? request : { ...request, metrics };
}
