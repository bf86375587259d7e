// State and progress of one job, such as an exploration, until it has ended. The server keeps nothing for a client that is away:
// whoever comes back is told how the job stands now, and that is all there is to know.
import { Connection } from './connection.js';
import { LiveError } from './errors.js';
import { type LiveTarget, type Pulled, reconnecting } from './reconnecting.js';
import type { SocketConstructor } from './socket.js';
import type { JobNews, ServerFrame } from './types.js';

export interface FollowOptions {
  /** Ends it; the job goes on. */
  readonly signal?: AbortSignal;
  /** Told of every lost connection, with the reason; it is made anew by itself. */
  readonly onLost?: (why: string) => void;
}

const OPEN: ReadonlySet<string> = new Set(['queued', 'running']);

/** Ends behind the news that the job has ended. A server that restarts tells of it `interrupted`, and the next connection goes on. */
export async function* followJob(
  target: LiveTarget,
  job: string,
  options: FollowOptions,
): AsyncGenerator<JobNews> {
  const WebSocket = await target.webSocket();
  yield* reconnecting(target.url, () => new Follow(WebSocket, target, job), {
    signal: options.signal ?? null,
    onLost: (why) => options.onLost?.(why),
  });
}

class Follow implements Pulled<JobNews> {
  private readonly connection: Connection;
  private latest: JobNews | null = null;
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(WebSocket: SocketConstructor, target: LiveTarget, job: string) {
    this.connection = new Connection(WebSocket, target, {
      opened: () => this.connection.say({ kind: 'follow', job }),
      frame: (frame) => this.handle(frame),
      binary: () => undefined,
      wake: () => this.wake(),
    });
  }

  get opened(): boolean {
    return this.connection.opened;
  }

  /** The latest news: what came in between is not told. */
  async take(): Promise<JobNews | null> {
    for (;;) {
      const { latest } = this;
      if (latest !== null) {
        this.latest = null;
        this.ended = !OPEN.has(latest.state) && latest.state !== 'interrupted';
        return latest;
      }
      if (this.ended) return null;
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
    if (frame.kind === 'following' || frame.kind === 'job') {
      const { job, type, state, progress, error } = frame;
      this.latest = { job, type, state, progress, error };
    } else if (frame.kind === 'error') throw new LiveError(frame.code, frame.detail, frame.expected);
  }
}
