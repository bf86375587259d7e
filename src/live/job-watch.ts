// The reader of one job: its last state and progress, at most once in progressMs; the state in which it ends comes at once and is
// the last. Nothing waits for a slow reader but the latest news.
import type { Subscription as RxSubscription } from 'rxjs';
import type { JobChange, JobService } from '../jobs/job-service.js';
import type { LiveLimits } from './live.limits.js';
import { type Message, messageOf, type Pulled } from './message.js';

/** Of jobs, what the feed needs. */
export type JobNews = Pick<JobService, 'changed$' | 'get'>;

const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);

export class JobWatch implements Pulled {
  private latest: JobChange | null = null;
  private timer: NodeJS.Timeout | null = null;
  private due = false;
  private over = false;
  private readonly heard: RxSubscription;

  constructor(
    readonly job: string,
    jobs: JobNews,
    private readonly limits: LiveLimits,
    private readonly wake: () => void,
  ) {
    this.heard = jobs.changed$.subscribe((change) => {
      if (change.id === job) this.note(change);
    });
  }

  get ended(): boolean {
    return this.over;
  }

  ready(): boolean {
    return this.due && !this.over;
  }

  async take(): Promise<readonly Message[]> {
    const { latest } = this;
    if (!this.ready() || latest === null) return [];
    this.due = false;
    const { id, kind, state, progress, error } = latest;
    if (!OPEN.has(state)) this.close();
    return [messageOf({ kind: 'job', job: id, type: kind, state, progress, error })];
  }

  close(): void {
    this.over = true;
    this.heard.unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  /** What is known when the reader comes, and whatever is heard from then on. */
  note(change: JobChange): void {
    if (this.over || (this.latest !== null && !OPEN.has(this.latest.state))) return;
    this.latest = change;
    if (this.due) return;
    if (!OPEN.has(change.state)) this.now();
    else this.timer ??= setTimeout(() => this.now(), this.limits.progressMs);
  }

  private now(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.due = true;
    this.wake();
  }
}
