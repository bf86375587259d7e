// The reader of changes of state of all sessions: the last of each session since the message before, at most once in
// progressMs. What waits is bounded: with too many changed sessions the client is told to read the list instead.
import { merge, type Observable, type Subscription as RxSubscription } from 'rxjs';
import type { CommitNotice, EventStore } from '../store/event-store.port.js';
import type { LiveLimits } from './live.limits.js';
import { changeOf, type Message, messageOf, type Pulled } from './message.js';

export class SessionWatch implements Pulled {
  /** The last notice of each changed session; null: it was deleted. */
  private changes = new Map<string, CommitNotice | null>();
  private overflow = false;
  private timer: NodeJS.Timeout | null = null;
  private due = false;
  private over = false;
  private readonly heard: RxSubscription;

  constructor(
    store: Pick<EventStore, 'committed$' | 'deleted$'>,
    private readonly limits: LiveLimits,
    private readonly wake: () => void,
  ) {
    const told: Observable<CommitNotice | string> = merge(store.committed$, store.deleted$);
    this.heard = told.subscribe((news) => {
      if (typeof news === 'string') this.note(news, null);
      else this.note(news.sessionId, news);
    });
  }

  get ended(): boolean {
    return this.over;
  }

  ready(): boolean {
    return this.due && !this.over;
  }

  async take(): Promise<readonly Message[]> {
    if (!this.ready()) return [];
    const { changes, overflow } = this;
    this.changes = new Map();
    this.overflow = false;
    this.due = false;
    const states = [...changes.values()].filter((notice) => notice !== null);
    const message = messageOf({
      kind: 'sessions',
      changes: states.map((notice) => changeOf(notice.sessionId, { ...notice, position: notice.toPosition })),
      removed: [...changes].filter(([, notice]) => notice === null).map(([sessionId]) => sessionId),
      overflow,
    });
    return [message];
  }

  close(): void {
    this.over = true;
    this.heard.unsubscribe();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private note(sessionId: string, notice: CommitNotice | null): void {
    this.changes.set(sessionId, notice);
    if (this.changes.size > this.limits.maxWaitingChanges) {
      this.changes.clear();
      this.overflow = true;
    }
    if (this.due) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.due = true;
      this.wake();
    }, this.limits.progressMs);
  }
}
