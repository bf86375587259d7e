// Commit notices on their way to the main thread: one message in flight at most. While it is, later notices of a
// session are merged into one, so a main thread that is busy costs one notice a session, not one a commit.
import type { CommitNotice } from '../event-store.port.js';

export class NoticeOutbox {
  private readonly waiting = new Map<string, CommitNotice>();
  private inFlight = false;

  constructor(private readonly send: (notices: readonly CommitNotice[]) => void) {}

  add(notice: CommitNotice): void {
    const before = this.waiting.get(notice.sessionId);
    const merged = before === undefined ? notice : { ...notice, fromPosition: before.fromPosition };
    this.waiting.set(notice.sessionId, merged);
    if (!this.inFlight) this.flush();
  }

  /** The main thread has taken the last message. */
  taken(): void {
    this.inFlight = false;
    if (this.waiting.size > 0) this.flush();
  }

  /** Sends whatever waits, in flight or not: before the store closes. */
  flush(): void {
    if (this.waiting.size === 0) return;
    const notices = [...this.waiting.values()];
    this.waiting.clear();
    this.inFlight = true;
    this.send(notices);
  }
}
