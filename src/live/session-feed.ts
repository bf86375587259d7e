// What the feed knows of one session while anybody follows it: where its committed events end, its state, its names.
// Followers are woken and then pull; a commit costs one number, however many events it has and whoever is slow.
import { asyncScheduler, type Subscription as RxSubscription, Subject, throttleTime } from 'rxjs';
import type { DictionaryEntry, RunProgress } from '../core/run/contract.js';
import type { CommitNotice } from '../store/event-store.port.js';
import { isSealed, type SessionState } from '../store/session.js';

export interface Head {
  /** Last committed position. */
  readonly position: number;
  readonly state: SessionState;
  readonly progress: RunProgress | null;
}

export class SessionFeed {
  private current: Head = { position: 0, state: 'queued', progress: null };
  private gone = false;
  private readonly moved = new Subject<void>();
  private readonly followers = new Set<() => void>();
  private readonly timer: RxSubscription;
  /** In the order in which they became known; what a reader was sent is a length of this list. */
  readonly names: DictionaryEntry[] = [];
  private readonly known = new Set<string>();

  constructor(
    readonly sessionId: string,
    batchMs: number,
  ) {
    // At once after a rest; else what comes within batchMs together. Keeps at most one value.
    this.timer = this.moved
      .pipe(throttleTime(batchMs, asyncScheduler, { leading: true, trailing: true }))
      .subscribe(() => this.wake());
  }

  get head(): Head {
    return this.current;
  }

  get removed(): boolean {
    return this.gone;
  }

  follow(wake: () => void): () => void {
    this.followers.add(wake);
    return () => this.followers.delete(wake);
  }

  /** Notices and reads cross each other: the position only grows, and the later position knows the state better. */
  notice({ toPosition, state, progress }: Pick<CommitNotice, 'toPosition' | 'state' | 'progress'>): void {
    const { current } = this;
    if (toPosition < current.position || (isSealed(current.state) && !isSealed(state))) return;
    this.current = { position: toPosition, state, progress };
    this.moved.next();
  }

  remove(): void {
    this.gone = true;
    this.wake();
  }

  addNames(dictionary: readonly DictionaryEntry[]): void {
    for (const entry of dictionary) {
      const key = `${entry.kind} ${entry.id}`;
      if (this.known.has(key)) continue;
      this.known.add(key);
      this.names.push(entry);
    }
  }

  end(): void {
    this.timer.unsubscribe();
    this.moved.complete();
  }

  private wake(): void {
    for (const wake of this.followers) wake();
  }
}
