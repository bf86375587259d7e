// The jobs that one client follows.
import { Problem } from '../http/problem.js';
import type { FeedHub } from './feed-hub.js';
import type { JobWatch } from './job-watch.js';
import type { FollowFrame, ServerFrame } from './live.schemas.js';
import type { Pulled } from './message.js';

const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);

/** Of the client, what this needs. */
export interface Follower {
  readonly subscribed: () => number;
  readonly gone: () => boolean;
  readonly send: (frame: ServerFrame) => void;
  /** Pulled from now on, or no more. */
  readonly add: (pulled: Pulled) => void;
  readonly drop: (pulled: Pulled) => void;
  readonly wake: () => void;
}

export class JobFollows {
  /** null: it is being looked up. */
  private readonly watches = new Map<string, JobWatch | null>();

  constructor(
    private readonly hub: FeedHub,
    private readonly client: Follower,
  ) {}

  get size(): number {
    return this.watches.size;
  }

  async follow({ job }: FollowFrame): Promise<void> {
    const { hub, client, watches } = this;
    if (watches.has(job)) {
      throw new Problem(409, 'already-subscribed', `job ${job} is followed on this connection`, [
        'unfollow first',
      ]);
    }
    const { maxSubscriptions } = hub.limits;
    if (client.subscribed() >= maxSubscriptions) {
      const detail = `a connection has at most ${maxSubscriptions} subscriptions (maxSubscriptions)`;
      throw new Problem(429, 'subscriptions', detail);
    }
    watches.set(job, null);
    try {
      const { watch, now } = await hub.followJob(job, client.wake);
      // Unfollowed meanwhile, or gone.
      if (client.gone() || !watches.has(job)) {
        watch.close();
        return;
      }
      const { kind: type, state, progress, error } = now;
      client.send({ kind: 'following', job, type, state, progress, error });
      if (!OPEN.has(state)) {
        watch.close();
        watches.delete(job);
        return;
      }
      watches.set(job, watch);
      client.add(watch);
      client.wake();
    } catch (error) {
      watches.delete(job);
      throw error;
    }
  }

  unfollow(job: string): void {
    const watch = this.watches.get(job);
    if (watch === undefined) {
      throw new Problem(409, 'not-subscribed', `job ${job} is not followed on this connection`, [
        ...this.watches.keys(),
      ]);
    }
    this.watches.delete(job);
    if (watch !== null) this.client.drop(watch);
    this.client.send({ kind: 'unfollowed', job });
  }

  /** The job has ended, or its watch failed. */
  forget(pulled: Pulled): void {
    for (const [job, watch] of this.watches) if (watch === pulled) this.watches.delete(job);
  }
}
