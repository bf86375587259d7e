// Keeps the store within an age and a size: looks now and then, deletes a bounded number of sessions, looks again. What
// goes is decided in retention-plan.ts; what the store must not give, it does not give.
import { MAX_RETENTION_DELETIONS, RETENTION_AGAIN_MS, RETENTION_PERIOD_MS } from '../config/limits.js';
import type { Log } from '../http/log.js';
import { MAX_OPEN_JOBS } from '../jobs/job-service.js';
import type { JobStore } from '../store/jobs.port.js';
import type { RetentionStore } from '../store/retention.port.js';
import {
  planRetention,
  type RetentionReason,
  type RetentionRules,
  sessionsNamedIn,
} from './retention-plan.js';

export interface RetentionParts {
  readonly store: RetentionStore;
  readonly jobs: Pick<JobStore, 'list'>;
  readonly rules: RetentionRules;
  readonly log: Log;
  readonly onDeleted: (reason: RetentionReason) => void;
  readonly nowMs: () => number;
  readonly maxDeletions?: number;
}

/** Jobs that are asked after: more than can be open. */
const JOBS_LOOKED_AT = 2 * MAX_OPEN_JOBS;

export class RetentionService {
  /** Bytes beyond the limit that no session may be deleted for, as of the last look. */
  overBytes = 0;
  private timer: NodeJS.Timeout | null = null;
  private under: Promise<void> | null = null;
  private stopping = false;

  constructor(private readonly parts: RetentionParts) {}

  /** Looks at once, then every RETENTION_PERIOD_MS. Nothing where both limits are off. */
  start(): void {
    const { days, bytes } = this.parts.rules;
    if (days > 0 || bytes > 0) this.lookIn(0);
  }

  /** Resolves when nothing is being deleted any more. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.under;
  }

  private lookIn(ms: number): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.under = this.look().then((again) => this.lookIn(again));
    }, ms).unref();
  }

  /** After how long it is to be looked again. */
  private async look(): Promise<number> {
    try {
      return (await this.pass()) ? RETENTION_AGAIN_MS : RETENTION_PERIOD_MS;
    } catch (error) {
      if (!this.stopping) this.parts.log.error('sessions could not be deleted by age or bytes', error);
      return RETENTION_PERIOD_MS;
    }
  }

  /** True when there is more to do. */
  private async pass(): Promise<boolean> {
    const { store, rules, log, onDeleted, nowMs, maxDeletions = MAX_RETENTION_DELETIONS } = this.parts;
    const survey = await store.survey();
    const kept = new Set([...(await store.spokenOf()), ...(await this.atWork())]);
    const { leaving, more, overBytes } = planRetention(survey, kept, rules, nowMs(), maxDeletions);
    for (const { id, reason, storedBytes, sealedAtMs } of leaving) {
      if (this.stopping) return false;
      // False: somebody named, forked or deleted it meanwhile.
      if (!(await store.deleteExpendable(id))) continue;
      onDeleted(reason);
      const sealedAt = new Date(sealedAtMs).toISOString();
      log.info('a session was deleted by age or bytes', { sessionId: id, reason, storedBytes, sealedAt });
    }
    this.tell(more ? 0 : overBytes);
    return more;
  }

  /** Once, when it begins. */
  private tell(overBytes: number): void {
    if (overBytes > 0 && this.overBytes === 0) {
      const why = 'what is left is named, noted, shared by forks, at work or has not ended';
      this.parts.log.warn(`the sessions take more than ROOTLINE_RETAIN_BYTES; ${why}`, { overBytes });
    }
    this.overBytes = overBytes;
  }

  private async atWork(): Promise<string[]> {
    const open = await this.parts.jobs.list({ states: ['queued', 'running'], limit: JOBS_LOOKED_AT });
    return open.flatMap(({ request }) => sessionsNamedIn(request));
  }
}
