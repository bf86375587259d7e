// One reader of one session: where it stands, and what comes next. It is pulled: `take` gives the next message, `wake`
// tells that there is one. Stored events first, in windows that other readers share; then what is committed, as it is.
import type { EventStore } from '../store/event-store.port.js';
import { emptyFrame } from '../store/feed-frames.js';
import { isSealed, type SessionState } from '../store/session.js';
import { isStoreError } from '../store/store.errors.js';
import type { FrameCache } from './frame-cache.js';
import type { LiveLimits } from './live.limits.js';
import type { ServerFrame, SubscribeFrame } from './live.schemas.js';
import { type FilterAnswer, filterNow } from './live-filter.js';
import { CATALOGUE_MESSAGE, changeOf, type Message, messageOf, type Pulled } from './message.js';
import type { SessionFeed } from './session-feed.js';

/** Where subscriptions get their messages: shared by all of them. */
export interface FeedSource {
  readonly store: EventStore;
  readonly frames: FrameCache;
  readonly limits: LiveLimits;
  release(feed: SessionFeed): void;
}

export class Subscription implements Pulled {
  readonly sessionId: string;
  private next: number;
  private namesSent = 0;
  private saidCaughtUp = false;
  private toldState: SessionState | null = null;
  private toldPosition = -1;
  private toldAt = 0;
  private over = false;
  private filter: FilterAnswer | null = null;
  private readonly unfollow: () => void;

  constructor(
    private readonly source: FeedSource,
    private readonly feed: SessionFeed,
    private readonly asked: SubscribeFrame,
    from: number,
    wake: () => void,
  ) {
    this.sessionId = feed.sessionId;
    this.next = from;
    this.unfollow = feed.follow(wake);
  }

  /** Last position that was handed out. */
  get position(): number {
    return this.next - 1;
  }

  /** Nothing will come any more: closed, or the session is gone, or sealed and everything was told. */
  get ended(): boolean {
    return this.over;
  }

  get behind(): number {
    return this.feed.head.position - this.position;
  }

  ready(): boolean {
    if (this.over) return false;
    return this.feed.removed || this.behind > 0 || !this.saidCaughtUp || this.stateIsDue();
  }

  /** The next message, with those that must come before it. Empty when there is none after all. */
  async take(): Promise<readonly Message[]> {
    if (!this.ready()) return [];
    if (this.feed.removed) return [this.takeRemoved()];
    const caughtUp = this.behind <= 0 && !this.saidCaughtUp ? [this.takeCaughtUp()] : [];
    if (this.stateIsDue()) return [...caughtUp, this.takeState()];
    if (this.behind <= 0) return caughtUp;
    try {
      return await this.takeEvents();
    } catch (error) {
      if (this.over) return [];
      // Rows go in the background after a deletion: a read may meet it half done.
      if (!(await this.isGone(error))) throw error;
      return [this.takeRemoved()];
    }
  }

  close(): void {
    this.over = true;
    this.unfollow();
    this.source.release(this.feed);
  }

  private takeCaughtUp(): Message {
    this.saidCaughtUp = true;
    return messageOf({ kind: 'caught-up', session: this.sessionId, position: this.position });
  }

  private async takeEvents(): Promise<readonly Message[]> {
    const { source, feed, sessionId, next } = this;
    const { limits } = source;
    const { encoding } = this.asked;
    const end = feed.head.position;
    this.filter ??= await filterNow(this.asked.filter, source.store, sessionId);
    if (this.filter.waits) {
      // Names are committed with the rows that use them: what is committed by now has no such thread.
      this.filter = null;
      if (this.over) return [];
      this.next = end + 1;
      const bytes = emptyFrame(sessionId, next, end, encoding);
      return [{ bytes, binary: encoding === 'compact', events: 0, position: end }];
    }
    const { filters } = this.filter;
    const width = filters === undefined ? limits.frameEvents : limits.scanPositions;
    const frame = await source.frames.get(sessionId, {
      from: next,
      // Windows begin at fixed places: whoever reads the same session soon asks for the same ranges.
      to: Math.min(end, Math.ceil(next / width) * width),
      limit: limits.frameEvents,
      encoding,
      ...(filters === undefined ? {} : { filters }),
    });
    const before = encoding === 'compact' ? await this.takeNames(frame.names) : [];
    if (this.over) return [];
    this.next = frame.to + 1;
    const binary = encoding === 'compact';
    return [...before, { bytes: frame.bytes, binary, events: frame.events, position: frame.to }];
  }

  /** What the client has not got of the first `count` names of the session. */
  private async takeNames(count: number): Promise<readonly Message[]> {
    const { source, feed, sessionId, namesSent } = this;
    if (namesSent >= count) return [];
    if (feed.names.length < count) feed.addNames(await source.store.dictionary(sessionId));
    const news = feed.names.slice(namesSent);
    this.namesSent = feed.names.length;
    const threads: Names['threads'] = [];
    const sites: Names['sites'] = [];
    for (const entry of news) {
      if (entry.kind === 'thread') threads.push({ id: entry.id, name: entry.name });
      else {
        const { id, function: name, label, parent } = entry;
        sites.push({ id, function: name, label, parent });
      }
    }
    const names = messageOf({ kind: 'names', session: sessionId, threads, sites });
    return [CATALOGUE_MESSAGE, names];
  }

  /** A new state is told after every event before it; progress now and then, also while events still come. */
  private stateIsDue(): boolean {
    const { state, position } = this.feed.head;
    if (this.behind <= 0 && state !== this.toldState) return true;
    const { progressMs } = this.source.limits;
    return !isSealed(state) && position !== this.toldPosition && Date.now() - this.toldAt >= progressMs;
  }

  private takeState(): Message {
    const { head } = this.feed;
    this.toldState = head.state;
    this.toldPosition = head.position;
    this.toldAt = Date.now();
    if (isSealed(head.state)) this.over = true;
    return messageOf({ kind: 'state', ...changeOf(this.sessionId, head) });
  }

  private takeRemoved(): Message {
    this.over = true;
    return messageOf({ kind: 'removed', session: this.sessionId, position: this.position });
  }

  private async isGone(error: unknown): Promise<boolean> {
    if (isStoreError(error, 'session_not_found')) return true;
    try {
      await this.source.store.getSession(this.sessionId);
      return false;
    } catch (second) {
      return isStoreError(second, 'session_not_found');
    }
  }
}

type Names = Extract<ServerFrame, { kind: 'names' }>;
