// Changes of state of all sessions, without events. The server keeps nothing for a client that is away, so what was
// missed is not told later: the client is told that something may be missing (`overflow`), and reads the list.
import { Connection } from './connection.js';
import { LiveError } from './errors.js';
import { type LiveTarget, type Pulled, reconnecting } from './reconnecting.js';
import type { SocketConstructor } from './socket.js';
import type { ServerFrame, SessionChanges } from './types.js';

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal?: AbortSignal;
  /** Told of every lost connection, with the reason; it is made anew by itself. */
  readonly onLost?: (why: string) => void;
}

type Change = SessionChanges['changes'][number];

/** Sessions whose change waits for a slow reader; above it, it is told to read the list. */
const MAX_WAITING_CHANGES = 10_000;

/** Never ends by itself. The first answer has `overflow`, as has the first after a lost connection: read the list then. */
export async function* watchSessions(
  target: LiveTarget,
  options: WatchOptions,
): AsyncGenerator<SessionChanges> {
  const WebSocket = await target.webSocket();
  yield* reconnecting(target.url, () => new Watch(WebSocket, target), {
    signal: options.signal ?? null,
    onLost: (why) => options.onLost?.(why),
  });
}

class Watch implements Pulled<SessionChanges> {
  private readonly connection: Connection;
  private readonly changes = new Map<string, Change>();
  private readonly removed = new Set<string>();
  private overflow = false;
  private wake: () => void = () => undefined;

  constructor(WebSocket: SocketConstructor, target: LiveTarget) {
    this.connection = new Connection(WebSocket, target, {
      opened: () => this.connection.say({ kind: 'watch' }),
      frame: (frame) => this.handle(frame),
      binary: () => undefined,
      wake: () => this.wake(),
    });
  }

  get opened(): boolean {
    return this.connection.opened;
  }

  /** What has changed since the answer before, each session once. */
  async take(): Promise<SessionChanges> {
    for (;;) {
      const { changes, removed, overflow } = this;
      if (overflow || changes.size + removed.size > 0) {
        const all = { changes: [...changes.values()], removed: [...removed], overflow };
        this.clear(false);
        return all;
      }
      if (this.connection.failure !== null) throw this.connection.failure;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.connection.close();
  }

  private handle(frame: ServerFrame): void {
    // From here on nothing is missed; what was before, nobody has told.
    if (frame.kind === 'watching') this.clear(true);
    else if (frame.kind === 'sessions') this.add(frame);
    else if (frame.kind === 'error') throw new LiveError(frame.code, frame.detail, frame.expected);
  }

  private add({ changes, removed, overflow }: SessionChanges): void {
    if (overflow) this.clear(true);
    for (const change of changes) this.changes.set(change.session, change);
    for (const session of removed) {
      this.changes.delete(session);
      this.removed.add(session);
    }
    if (this.changes.size + this.removed.size > MAX_WAITING_CHANGES) this.clear(true);
  }

  private clear(overflow: boolean): void {
    this.changes.clear();
    this.removed.clear();
    this.overflow = overflow;
  }
}
