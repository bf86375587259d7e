// A job while it runs, as the server tells of it: state and progress. What it left behind is read when it has ended.
import { useEffect, useState } from 'react';
import { LiveError, RootlineClient, type SocketConstructor } from '../../../src/client/index.js';
import { currentToken } from '../api/token.js';

export interface JobNow {
  readonly state: string;
  /** In the form of the job's kind; null before there is news. */
  readonly progress: unknown;
  readonly error: string | null;
}

const RETRY_MS = 1_000;
const MOVING: ReadonlySet<string> = new Set(['queued', 'running', 'interrupted']);

export function isMoving(state: string | undefined): boolean {
  return state !== undefined && MOVING.has(state);
}

/** @param id null: nothing is followed. @param ended called when the job has ended */
export function useJob(id: string | null, ended: () => void): JobNow | null {
  const [now, setNow] = useState<(JobNow & { readonly id: string }) | null>(null);
  useEffect(() => {
    if (id === null) return;
    const abort = new AbortController();
    const watch = async (): Promise<void> => {
      while (!abort.signal.aborted) {
        const token = currentToken();
        const client = new RootlineClient({
          url: location.origin,
          ...(token === null ? {} : { token }),
          webSocket: WebSocket as unknown as SocketConstructor,
        });
        try {
          for await (const news of client.followJob(id, { signal: abort.signal })) {
            setNow({ id, state: news.state, progress: news.progress, error: news.error });
          }
          if (!abort.signal.aborted) ended();
          return;
        } catch (error) {
          if (abort.signal.aborted) return;
          if (!(error instanceof LiveError)) throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    };
    void watch();
    return () => abort.abort();
  }, [id, ended]);
  return now?.id === id ? now : null;
}
