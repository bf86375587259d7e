// What comes over one connection after the other: a lost one is made anew after a pause that grows while it fails.
import { Dropped } from './connection.js';
import { LiveError } from './errors.js';
import type { SocketConstructor } from './socket.js';

export interface LiveTarget {
  readonly url: string;
  readonly token: string | null;
  readonly webSocket: () => Promise<SocketConstructor>;
}

export interface Pulled<T> {
  /** The server has answered on this connection. */
  readonly opened: boolean;
  /** null: there is nothing more. Throws Dropped when the connection is lost. */
  take(): Promise<T | null>;
  close(): void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

export async function* reconnecting<T>(
  url: string,
  connect: () => Pulled<T>,
  { signal, onLost }: { readonly signal: AbortSignal | null; readonly onLost: (why: string) => void },
): AsyncGenerator<T> {
  let reached = false;
  let pause = FIRST_PAUSE_MS;
  const aborted = (): boolean => signal?.aborted === true;
  while (!aborted()) {
    const link = connect();
    const abort = (): void => link.close();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      for (;;) {
        const value = await link.take();
        if (value === null) return;
        pause = FIRST_PAUSE_MS;
        yield value;
      }
    } catch (error) {
      reached ||= link.opened;
      if (!(error instanceof Dropped)) throw error;
      if (aborted()) return;
      if (!reached) throw new LiveError('unreachable', `${url} cannot be reached: ${error.message}`);
      onLost(error.message);
    } finally {
      signal?.removeEventListener('abort', abort);
      link.close();
    }
    // Many clients of a server that comes back do not all come at once.
    await wait(pause * (0.5 + Math.random() / 2), signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

function wait(ms: number, signal: AbortSignal | null): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
