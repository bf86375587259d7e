// Checks of the store that a server was asked for: one at a time, each a job, so that its result is kept. How far it is
// lives in memory only: a check is not worth a write every second.
import type { JobRecord, JobStore } from '../store/jobs.port.js';
import { isStoreError, StoreError } from '../store/store.errors.js';
import type { VerificationProgress, VerificationResult, VerificationView } from './verification.types.js';
import { type RunningVerification, startVerification } from './verification-thread.js';

const KIND = 'verification';

export interface VerificationParts {
  readonly dataDir: string;
  readonly jobs: JobStore;
  readonly log: (message: string) => void;
}

interface Under {
  readonly id: string;
  readonly running: RunningVerification;
  progress: VerificationProgress | null;
  /** The state that it takes when it was stopped. */
  stoppedAs: 'cancelled' | 'interrupted';
  /** Resolves when its job says how it ended. */
  settled: Promise<void>;
}

export class VerificationService {
  private current: Under | null = null;
  private starting = false;
  private stopping = false;

  constructor(private readonly parts: VerificationParts) {}

  /** Throws `job_under_way` while another one is under way. */
  async start(deep: boolean): Promise<VerificationView> {
    const { jobs, dataDir } = this.parts;
    if (this.stopping)
      throw new StoreError('store_closed', 'the server is stopping', { what: 'stop was called' });
    if (this.starting || this.current !== null) throw underWay(this.current?.id ?? null);
    this.starting = true;
    try {
      const { id } = await jobs.create(KIND, { deep });
      const running = startVerification({ dataDir, deep, live: true }, (progress) => {
        under.progress = progress;
      });
      const under: Under = {
        id,
        running,
        progress: null,
        stoppedAs: 'cancelled',
        settled: Promise.resolve(),
      };
      this.current = under;
      under.settled = this.follow(under).catch((error: unknown) =>
        this.parts.log(`verification ${id}: ${String(error)}`),
      );
      const record = await jobs.update(id, { state: 'running' });
      return this.viewOf(record!);
    } finally {
      this.starting = false;
    }
  }

  /** Null: there is none. */
  async get(id: string): Promise<VerificationView | null> {
    const record = await this.parts.jobs.get(id);
    return record === null || record.kind !== KIND ? null : this.viewOf(record);
  }

  /** Newest first. */
  async list(limit: number): Promise<VerificationView[]> {
    const records = await this.parts.jobs.list({ kind: KIND, limit });
    return records.map((record) => this.viewOf(record));
  }

  /** Resolves when it has stopped. One that has come to its end keeps it. */
  async cancel(id: string): Promise<VerificationView | null> {
    if (this.current?.id === id) {
      const under = this.current;
      under.running.stop();
      await under.settled;
    }
    return await this.get(id);
  }

  /** What was under way when the last owner of the store died will not go on. */
  async recover(): Promise<void> {
    const { jobs } = this.parts;
    for (;;) {
      const [open] = await jobs.list({ kind: KIND, states: ['queued', 'running'], limit: 1 });
      if (open === undefined || open.id === this.current?.id) return;
      await jobs.update(open.id, { state: 'interrupted', error: 'the server ended before it did' });
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const under = this.current;
    if (under === null) return;
    under.stoppedAs = 'interrupted';
    under.running.stop();
    await under.settled;
  }

  private async follow(under: Under): Promise<void> {
    const { jobs } = this.parts;
    try {
      const result = await under.running.done;
      if (result === null) await jobs.update(under.id, { state: under.stoppedAs });
      else
        await jobs.update(under.id, { state: 'finished', result: result as unknown as JobRecord['result'] });
    } catch (error) {
      await jobs.update(under.id, {
        state: 'failed',
        error: error instanceof Error ? error.message : String(error),
      });
      if (!isStoreError(error, 'database_damaged')) throw error;
    } finally {
      this.current = null;
    }
  }

  private viewOf(record: JobRecord): VerificationView {
    const { id, state, request, result, error, createdAt, updatedAt } = record;
    const progress = this.current?.id === id ? this.current.progress : null;
    const { deep } = request as { readonly deep: boolean };
    return {
      id,
      state,
      deep,
      progress,
      result: result as VerificationResult | null,
      error,
      createdAt,
      updatedAt,
    };
  }
}

function underWay(id: string | null): StoreError {
  const which = id === null ? 'one is being started' : `verification ${id} is under way`;
  return new StoreError('job_under_way', `${which}; expected none: one check of the store runs at a time`, {
    kind: KIND,
    id,
  });
}
