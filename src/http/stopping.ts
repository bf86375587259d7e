// A stop that does not cut anybody short without need: no new connections, open streams ended, requests that are being
// answered finished within the grace, then whatever is still open closed. Whoever keeps sockets or streams open
// registers how to end them.
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.js';
import { Problem } from './problem.js';

/** Injection token. */
export const STOPPING = Symbol('Stopping');

const LOOK_EVERY_MS = 10;

export class Stopping {
  /** Requests whose answer is not finished. */
  openRequests = 0;
  private begun = false;
  private readonly endings = new Set<() => void>();

  get underWay(): boolean {
    return this.begun;
  }

  /** `end` is called once when the server stops: say goodbye and close. Returns how to unregister. */
  onStop(end: () => void): () => void {
    this.endings.add(end);
    return () => this.endings.delete(end);
  }

  /** For every request: one that comes on a connection that is still open while the server stops is refused. */
  refuseIfUnderWay(): void {
    if (this.begun) throw new Problem(503, 'stopping', 'the server is stopping', [], { connection: 'close' });
  }

  /** Resolves when no request is open any more, or after the grace. */
  async drain(server: Server, graceMs: number, log: Log): Promise<void> {
    this.begun = true;
    server.close();
    for (const end of this.endings) {
      try {
        end();
      } catch (error) {
        log.error('a stream could not be ended', error);
      }
    }
    server.closeIdleConnections();
    const untilMs = performance.now() + graceMs;
    while (this.openRequests > 0 && performance.now() < untilMs) await sleep(LOOK_EVERY_MS);
    if (this.openRequests > 0)
      log.warn(`${this.openRequests} requests were not answered within ${graceMs} ms (ROOTLINE_STOP_GRACE)`);
    server.closeAllConnections();
  }
}
