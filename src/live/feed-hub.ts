// The middle of the live feed: what the store commits goes to the sessions that anybody follows, and readers open their
// subscriptions here. Knows nothing of sockets: WebSocket clients and event streams pull in the same way.
import type { Subscription as RxSubscription } from 'rxjs';
import { Problem } from '../http/problem.js';
import type { JobChange } from '../jobs/job-service.js';
import type { EventStore } from '../store/event-store.port.js';
import { type CacheFigures, FrameCache } from './frame-cache.js';
import { type JobNews, JobWatch } from './job-watch.js';
import type { LiveLimits } from './live.limits.js';
import type { SubscribeFrame } from './live.schemas.js';
import { filterNow } from './live-filter.js';
import { SessionFeed } from './session-feed.js';
import { SessionWatch } from './session-watch.js';
import { type FeedSource, Subscription } from './subscription.js';

export interface LiveFigures extends CacheFigures {
  /** WebSocket connections and event streams. */
  readonly clients: number;
  readonly subscriptions: number;
}

export interface Opened {
  readonly subscription: Subscription;
  readonly from: number;
  readonly position: number;
  readonly state: SessionFeed['head']['state'];
}

export class FeedHub implements FeedSource {
  readonly frames: FrameCache;
  private readonly feeds = new Map<string, { readonly feed: SessionFeed; users: number }>();
  private readonly heard: RxSubscription[];
  private clients = 0;

  constructor(
    readonly store: EventStore,
    readonly limits: LiveLimits,
    private readonly jobs: JobNews,
  ) {
    this.frames = new FrameCache(store, limits.cacheBytes, limits.concurrentReads);
    this.heard = [
      store.committed$.subscribe((notice) => this.feeds.get(notice.sessionId)?.feed.notice(notice)),
      store.deleted$.subscribe((sessionId) => {
        this.frames.forget(sessionId);
        this.feeds.get(sessionId)?.feed.remove();
      }),
    ];
  }

  get figures(): LiveFigures {
    let subscriptions = 0;
    for (const { users } of this.feeds.values()) subscriptions += users;
    return { clients: this.clients, subscriptions, ...this.frames.figures };
  }

  /** A place for one more connection or stream; the answer gives it back. */
  enter(): () => void {
    const { maxClients } = this.limits;
    if (this.clients >= maxClients) {
      const detail = `${maxClients} live clients are connected (maxClients); try again when one has left`;
      throw new Problem(429, 'live-clients', detail);
    }
    this.clients++;
    let left = false;
    return () => {
      if (!left) this.clients--;
      left = true;
    };
  }

  /** Throws what the client is told: no such session, a position beyond the end, a filter that names nothing. */
  async open(asked: SubscribeFrame, wake: () => void): Promise<Opened> {
    // Followed before it is read: what is committed in between is heard.
    const feed = this.follow(asked.session);
    try {
      const { position: toPosition, state, progress } = await this.store.getSession(asked.session);
      feed.notice({ toPosition, state, progress });
      await filterNow(asked.filter, this.store, asked.session);
      const { head } = feed;
      const from = asked.from === 'end' ? head.position + 1 : asked.from;
      if (from > head.position + 1) {
        throw new Problem(
          409,
          'position-beyond-end',
          `it cannot be replayed from ${from}: session ${asked.session} ends at ${head.position}`,
          [`1 to ${head.position + 1}`],
        );
      }
      const subscription = new Subscription(this, feed, asked, from, wake);
      return { subscription, from, position: head.position, state: head.state };
    } catch (error) {
      this.release(feed);
      throw error;
    }
  }

  watch(wake: () => void): SessionWatch {
    return new SessionWatch(this.store, this.limits, wake);
  }

  /** Follows a job from its present state on. Throws what the client is told: no such job. */
  async followJob(
    job: string,
    wake: () => void,
  ): Promise<{ readonly watch: JobWatch; readonly now: JobChange }> {
    // Followed before it is read: what changes in between is heard.
    const watch = new JobWatch(job, this.jobs, this.limits, wake);
    const found = await this.jobs.get(job).catch((error: unknown) => {
      watch.close();
      throw error;
    });
    if (found === null) {
      watch.close();
      throw new Problem(404, 'job-not-found', `there is no job ${job.slice(0, 20)}`);
    }
    const { id, kind, state, progress, error } = found;
    return { watch, now: { id, kind, state, progress, error } };
  }

  release(feed: SessionFeed): void {
    const kept = this.feeds.get(feed.sessionId);
    if (kept === undefined || --kept.users > 0) return;
    this.feeds.delete(feed.sessionId);
    feed.end();
  }

  end(): void {
    for (const subscription of this.heard) subscription.unsubscribe();
    for (const { feed } of this.feeds.values()) feed.end();
    this.feeds.clear();
  }

  private follow(sessionId: string): SessionFeed {
    let kept = this.feeds.get(sessionId);
    if (kept === undefined) {
      kept = { feed: new SessionFeed(sessionId, this.limits.batchMs), users: 0 };
      this.feeds.set(sessionId, kept);
    }
    kept.users++;
    return kept.feed;
  }
}
