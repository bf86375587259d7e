// Keeps the list of sessions in rootline.sqlite up to date while sessions run: a changed session is noted at once and
// written a little later, so that a thousand commits a second cost a few small transactions. Losing what is noted is
// harmless: the reconciler finds it at the next start.
import type { MetadataStore } from '../metadata/metadata-store.js';
import type { StoredSession } from '../session.js';
import { isStoreError } from '../store.errors.js';

const FLUSH_DELAY_MS = 250;
/** After a failure: a full disk is not asked every moment. */
const RETRY_DELAY_MS = 2_000;

export class SessionMirror {
  private dirty = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly metadata: MetadataStore,
    private readonly read: (sessionId: string) => StoredSession,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  touch(sessionId: string): void {
    if (this.stopped) return;
    this.dirty.add(sessionId);
    this.flushLater(FLUSH_DELAY_MS);
  }

  /** Never throws: the list is derived, and the store goes on without it. */
  async flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const ids = [...this.dirty];
    this.dirty.clear();
    try {
      const sessions: StoredSession[] = [];
      const gone: number[] = [];
      for (const id of ids) {
        const session = this.readIfThere(id);
        if (session === null) gone.push(Number(id));
        else sessions.push(session);
      }
      await this.metadata.mirror(sessions, { gone });
    } catch (error) {
      for (const id of ids) this.dirty.add(id);
      if (!this.stopped) this.flushLater(RETRY_DELAY_MS);
      this.onTrouble(error);
    }
  }

  /** From here on nothing is noted any more. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  forget(sessionId: string): void {
    this.dirty.delete(sessionId);
  }

  private flushLater(delayMs: number): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.flush();
    }, delayMs);
  }

  private readIfThere(sessionId: string): StoredSession | null {
    try {
      return this.read(sessionId);
    } catch (error) {
      if (isStoreError(error, 'session_not_found')) return null;
      throw error;
    }
  }
}
