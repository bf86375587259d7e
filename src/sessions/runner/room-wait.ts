// Sessions that a full disk interrupted: they are looked after until there is room again, then they go on by themselves.
// Asking for room writes nothing, so a disk that stays full is not made fuller by the attempts.

const RETRY_MS = 2_000;

export class RoomWait {
  private readonly sessions = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly hasRoom: () => Promise<boolean>,
    private readonly goOn: (sessionIds: readonly string[]) => Promise<void>,
    private readonly retryMs: number = RETRY_MS,
  ) {}

  /** While sessions wait for room none is started: it would only meet the same disk. */
  get waiting(): boolean {
    return this.timer !== null;
  }

  add(sessionId: string): void {
    if (this.stopped) return;
    this.sessions.add(sessionId);
    this.timer ??= this.later();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.sessions.clear();
  }

  private later(): NodeJS.Timeout {
    return setTimeout(() => void this.look(), this.retryMs).unref();
  }

  private async look(): Promise<void> {
    // A store that is closed or dead has no room either.
    const room = await this.hasRoom().catch(() => false);
    if (this.stopped) return;
    if (!room) {
      this.timer = this.later();
      return;
    }
    this.timer = null;
    const sessions = [...this.sessions];
    this.sessions.clear();
    await this.goOn(sessions);
  }
}
